"""Loads an adapter that this project saved into PEFT and compares its answers with ours.

  python test/golden/check_adapter.py MODEL_FOLDER_OR_GGUF ADAPTER_FOLDER ANSWERS.json

ANSWERS.json: {"trees": [{"prompt": ids, "branches": [ids]}], "logProbs": [[nats]]}. Prints the largest difference in nats, and how far the
adapter moves the answers; ends with 1 above the tolerance (default 1e-3) or where the adapter moves nothing.
"""
import json, os, sys, torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

model_path, adapter, answers = sys.argv[1:4]
tolerance = float(sys.argv[4]) if len(sys.argv) > 4 else 1e-3
gguf = model_path.endswith('.gguf')
folder, extra = (os.path.dirname(model_path), {'gguf_file': os.path.basename(model_path)}) if gguf else (model_path, {})
base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **extra)
model = PeftModel.from_pretrained(base, adapter).eval()
given = json.load(open(answers))


def score(tree, branch):
    logits = model(torch.tensor([tree['prompt'] + branch])).logits[0, len(tree['prompt']) - 1:-1]
    return torch.log_softmax(logits, -1).gather(1, torch.tensor(branch)[:, None]).sum().item()


with torch.inference_mode():
    scores = [[score(t, b) for b in t['branches']] for t in given['trees']]
    with model.disable_adapter():
        bare = [[score(t, b) for b in t['branches']] for t in given['trees']]
worst = max(abs(a - b) for x, y in zip(scores, given['logProbs']) for a, b in zip(x, y))
moved = max(abs(a - b) for x, y in zip(scores, bare) for a, b in zip(x, y))
print(f'largest difference {worst:.2e} nats; the adapter moves answers by up to {moved:.2e} nats')
sys.exit(0 if worst < tolerance < moved else 1)
