#!/usr/bin/env bash
# Schema-driven fuzz of the OpenAPI document: Schemathesis, installed beside, against a service on an empty store. Needs Python and `npm run build`.
#   scripts/schemathesis.sh [examples for each operation]
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
server=
stop() { [ -z "$server" ] || { kill -TERM "$server" && wait "$server"; } || true; rm -rf "$work"; }
trap stop EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet schemathesis
node dist/cli/main.js serve --store "sqlite:$work/store" --port 0 --offline 2>"$work/log" &
server=$!
for _ in $(seq 100); do
  url=$(sed -n 's/.*"event":"listening","url":"\([^"]*\)".*/\1/p' "$work/log")
  [ -z "$url" ] || break
  sleep 0.2
done
[ -n "$url" ] || { cat "$work/log"; exit 1; }
# Keys would close the service to the fuzz itself; streams do not end; jobs of training take minutes.
"$work/venv/bin/schemathesis" run "$url/openapi.json" --checks not_a_server_error,response_schema_conformance,content_type_conformance \
  --max-examples "${1:-50}" --exclude-operation-id addKey --exclude-operation-id watchLive --exclude-operation-id startJob
