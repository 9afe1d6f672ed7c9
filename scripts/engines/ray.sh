#!/usr/bin/env bash
# Training and lists elsewhere against the real engines: makes a Python environment with PyTorch, PEFT and Ray, starts a Ray head on loopback, runs the
# tests that need them and ends in `N passed, N failed, N skipped`. ADAPTREC_ENGINES names a folder that keeps the environment; without it all goes at the end.
#   scripts/engines/ray.sh [ARGUMENT OF VITEST...]
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
home=${ADAPTREC_ENGINES:-$work/engines}/ray
head=
stop() {
  [ -z "$head" ] || { kill -TERM -- "-$head" 2>/dev/null && sleep 3 && kill -KILL -- "-$head" 2>/dev/null; } || true
  rm -rf "$work"
}
trap stop EXIT

# pip, not uv, installs: it heeds the machine's own settings, such as where a build of PyTorch for CPUs lies.
if ! cmp -s cluster/requirements.txt "$home/requirements.txt"; then
  mkdir -p "$home"
  if command -v uv >/dev/null; then uv venv --quiet --clear --seed --python 3.11 "$home/venv"; else python3 -m venv --clear "$home/venv"; fi
  "$home/venv/bin/python" -m pip install --quiet -r cluster/requirements.txt
  cp cluster/requirements.txt "$home/requirements.txt"
fi

ports=$(python3 -c 'import socket; s = [socket.socket() for _ in range(2)]; [x.bind(("127.0.0.1", 0)) for x in s]; print(*[x.getsockname()[1] for x in s])')
read -r port dashboard <<<"$ports"
export OMP_NUM_THREADS=1 ADAPTREC_JOBS="$work/jobs" PATH="$home/venv/bin:$PATH"
# Ray gives its workers nice 15 and a minute to register: beside other work they would never load PyTorch.
export RAY_worker_niceness=0 RAY_worker_register_timeout_seconds=600 RAY_DASHBOARD_STARTUP_TIMEOUT_S=600
export RAY_USAGE_STATS_ENABLED=0 RAY_TRAIN_ENABLE_PREEMPTION_WATCHER=0
# Ray puts the machine's own address in place of 127.0.0.1, not of another of the loopback.
setsid ray start --head --block --node-ip-address 127.0.0.2 --port "$port" --dashboard-host 127.0.0.1 --dashboard-port "$dashboard" \
  --include-dashboard true --num-cpus 2 --object-store-memory 100000000 --temp-dir "$work/ray" >"$work/head.log" 2>&1 &
head=$!
url="http://127.0.0.1:$dashboard"
for _ in $(seq 600); do
  kill -0 "$head" 2>/dev/null || break
  if python -c "import urllib.request as r; r.urlopen('$url/api/jobs/', timeout=2).read()" 2>/dev/null; then break; fi
  sleep 1
done
if ! python -c "import urllib.request as r; print('Ray', r.urlopen('$url/api/version', timeout=5).read().decode())"; then
  cat "$work/head.log"
  echo '0 passed, 1 failed, 0 skipped'
  exit 1
fi

status=0
ADAPTREC_TEST_PYTHON="$home/venv/bin/python" ADAPTREC_TEST_RAY_URL="$url" ADAPTREC_TEST_RAY_HEAD="$head" npx vitest run --reporter=default \
  --reporter=json --outputFile.json="$work/report.json" test/train-elsewhere.test.ts test/lists-elsewhere.test.ts "$@" || status=1
node -e '
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped, success } = JSON.parse(require("fs").readFileSync(process.argv[1]))
  console.log(`${passed} passed, ${success ? failed : Math.max(1, failed)} failed, ${skipped} skipped`)
' "$work/report.json" || { echo '0 passed, 1 failed, 0 skipped'; status=1; }
exit "$status"
