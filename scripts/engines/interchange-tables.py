"""Vectors and lists opened by pandas and DuckDB: interchange-tables.py VECTORS LISTS QUESTIONS"""

import json
import sys

import duckdb
import numpy as np
import pandas as pd

vectors, lists, path = sys.argv[1:]
told = json.load(open(path))
users, items, titles = (pd.read_parquet(f"{vectors}/{name}.parquet") for name in ("users", "items", "titles"))
assert (len(users), len(items), len(titles)) == (told["users"], told["items"], told["items"])
first = users.set_index("userId").loc[told["first"]["user"]]["vector"]
trained = len(told["first"]["logits"])
logits = np.stack(items["vector"].iloc[:trained].to_list()) @ first
assert np.allclose(logits, told["first"]["logits"], atol=1e-4), "products of vectors are not the scores"
assert titles["vector"].map(len).nunique() == 1

frame = pd.read_parquet(lists)
assert frame["userId"].nunique() == told["users"]
assert (frame.groupby("userId", sort=False)["rank"].max() == frame.groupby("userId", sort=False).size()).all()
assert frame.groupby("userId", sort=False)["score"].apply(lambda scores: scores.is_monotonic_decreasing).all()
database = duckdb.connect()
rows, best = database.execute(f"SELECT count(*), count(*) FILTER (rank = 1) FROM '{lists}'").fetchone()
assert (rows, best) == (len(frame), told["users"])
joined = database.execute(f"SELECT count(*) FROM '{lists}' JOIN '{vectors}/items.parquet' USING (itemId)").fetchone()[0]
assert joined == rows
print(f"pandas {pd.__version__}, DuckDB {duckdb.__version__}: {len(users)} users, {len(items)} items, {rows} rows of lists")
