"""Prints what a wheel needs on this machine, one a line, without the packages that are named: for an environment that gets those from elsewhere.

python needs_of_wheel.py WHEEL [NAME ...]
"""

import sys
import zipfile

from pip._vendor.packaging.requirements import Requirement

wheel, *without = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    lines = archive.read(metadata).decode().splitlines()
for line in lines:
    if not line.startswith("Requires-Dist:"):
        continue
    need = Requirement(line.removeprefix("Requires-Dist:").strip())
    if need.name.lower() in without or (need.marker and not need.marker.evaluate({"extra": ""})):
        continue
    need.marker = None
    print(need)
