#!/usr/bin/env bash
# What `adaptrec export` and `recommend --all` write, opened by the programs that it is for: transformers, llama.cpp, pandas, DuckDB, RecBole. Makes their
# environments (Python packages, one package of npm), exports a trained run and ends in `N passed, N failed, N skipped`.
#
#   npm run build && scripts/engines/interchange.sh [RUN]
#
# Without a run it trains the smallest one there is, on a random model, and fetches no weights.
# ADAPTREC_ENGINES names a folder that keeps the environments; without it all is removed at the end. ADAPTREC_PYTHON and ADAPTREC_RECBOLE_PYTHON name
# Pythons that have the packages already (torch, transformers, pandas, duckdb, pyarrow; recbole), ADAPTREC_LLAMA_CPP a folder with node-llama-cpp.
set -uo pipefail
run=${1:+$(realpath "$1")}
cd "$(dirname "$0")/../.."

work=$(mktemp -d "${TMPDIR:-/tmp}/adaptrec-interchange-XXXXXX")
trap 'rm -rf "$work"' EXIT
home=${ADAPTREC_ENGINES:-$work/engines}
mkdir -p "$home"
passed=0 failed=0 skipped=0

# check NAME COMMAND...: one check; exit status 77 says that it could not be made here.
check() {
  local name=$1 status=0
  shift
  "$@" >"$work/log" 2>&1 || status=$?
  case $status in
    0) passed=$((passed + 1)) && echo "ok      $name: $(tail -n 1 "$work/log")" ;;
    77) skipped=$((skipped + 1)) && echo "skipped $name: $(tail -n 1 "$work/log")" ;;
    *) failed=$((failed + 1)) && echo "FAILED  $name" && tail -n 20 "$work/log" ;;
  esac
}

# environment NAME PACKAGE...: a Python environment with these packages, made once. pip installs: it heeds the machine's own settings.
environment() {
  local folder="$home/$1"
  shift
  [ -f "$folder/complete" ] && return 0
  if command -v uv >/dev/null; then uv venv --quiet --clear --seed "$folder"; else python3 -m venv --clear "$folder"; fi &&
    "$folder/bin/python" -m pip install --quiet "$@" && touch "$folder/complete"
}

missing() { echo "$1"; return 77; }
adaptrec() { node dist/cli/main.js "$@"; }
exports() { adaptrec export "$run" --as "$1" --out "$2" --offline; }

python=${ADAPTREC_PYTHON:-}
if [ -z "$python" ] && environment interchange torch transformers pandas duckdb pyarrow >&2; then python="$home/interchange/bin/python"; fi
recbole=${ADAPTREC_RECBOLE_PYTHON:-}
if [ -z "$recbole" ] && environment recbole torch recbole 'numpy<2' 'pandas<2.3' 'scipy<1.14' 'ray<3' >&2; then recbole="$home/recbole/bin/python"; fi
llama=${ADAPTREC_LLAMA_CPP:-$home/llama}
if [ ! -d "$llama/node_modules/node-llama-cpp" ]; then
  npm install --silent --prefix "$llama" --ignore-scripts --omit=optional node-llama-cpp@3 \
    "@node-llama-cpp/$(node -p '`${({ linux: "linux", darwin: "mac", win32: "win" })[process.platform]}-${process.arch}`')@3" >&2 || llama=
fi

if [ -z "$run" ]; then
  check 'the smallest run is trained' node --import ./test/support/typescript.mjs scripts/engines/tiny-run.mjs "$work/tiny"
  run="$work/tiny/run"
fi
check 'questions of the run, scored here' node --import ./test/support/typescript.mjs scripts/engines/interchange-questions.mjs "$run" "$work/questions.json"
check 'merged model is written' exports merged "$work/merged"
check 'GGUF is written' exports gguf "$work/merged.gguf"
check 'LoRA as GGUF is written' exports gguf-lora "$work/lora.gguf"
check 'vectors are written' exports vectors "$work/vectors"
check 'atomic files are written' exports recbole "$work/shop"
check 'lists for everybody are written' adaptrec recommend --run "$run" --all --margin 0 --out "$work/lists.parquet" --offline

if [ -n "$python" ]; then
  check 'transformers: same tokens, equal log-probabilities' "$python" scripts/engines/interchange-merged.py "$work/merged" "$work/questions.json"
  check 'pandas and DuckDB: vectors and lists' "$python" scripts/engines/interchange-tables.py "$work/vectors" "$work/lists.parquet" "$work/questions.json"
else
  check 'transformers' missing 'its packages could not be installed'
  check 'pandas and DuckDB' missing 'their packages could not be installed'
fi
if [ -n "$llama" ]; then
  check 'llama.cpp, merged: equal ranking' node scripts/engines/interchange-llama.mjs "$llama" "$work/questions.json" "$work/merged.gguf"
  base=$(node -p 'JSON.parse(require("fs").readFileSync(process.argv[1])).gguf' "$work/questions.json")
  check 'llama.cpp, base and LoRA: equal ranking' node scripts/engines/interchange-llama.mjs "$llama" "$work/questions.json" "$base" "$work/lora.gguf"
else
  check 'llama.cpp' missing 'node-llama-cpp could not be installed'
fi
if [ -n "$recbole" ]; then
  check 'RecBole: same interactions' "$recbole" scripts/engines/interchange-recbole.py "$work/shop" "$work/questions.json"
else
  check 'RecBole' missing 'its packages could not be installed'
fi
check 'read back here: the same data' node --import ./test/support/typescript.mjs scripts/engines/interchange-read-back.mjs "$work/shop" "$work/questions.json"

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
