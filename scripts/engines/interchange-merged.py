"""A merged model opened by transformers, against what was scored here: interchange-merged.py FOLDER QUESTIONS"""

import copy
import json
import sys

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

TOLERANCE = 1e-3  # nats, of the sum over an answer's tokens

folder, path = sys.argv[1:]
questions = json.load(open(path))["questions"]
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
worst = 0.0
for question in questions:
    goes_on = question["messages"][-1]["role"] == "assistant"  # the answer is the rest of a turn that the prompt has begun
    how = {"continue_final_message": True} if goes_on else {"add_generation_prompt": True}
    text = tokenizer.apply_chat_template(question["messages"], tokenize=False, **how)
    tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokens == question["prompt"], f"other tokens of the prompt: {tokens[:20]} and {question['prompt'][:20]}"
    for answer, branch in zip(question["answers"], question["branches"]):
        assert tokenizer(answer, add_special_tokens=False)["input_ids"] == branch, f"other tokens of {answer!r}"
    prompt = question["prompt"]
    with torch.inference_mode():
        cache = model(torch.tensor([prompt[:-1]]), use_cache=True, logits_to_keep=1).past_key_values
        for branch, expected in zip(question["branches"], question["scores"]):
            fed = torch.tensor([prompt[-1:] + branch[:-1]])
            logits = model(fed, past_key_values=copy.deepcopy(cache), use_cache=True).logits[0]
            found = torch.log_softmax(logits.double(), -1)[range(len(branch)), branch].sum().item()
            worst = max(worst, abs(found - expected))
assert worst < TOLERANCE, f"log-probabilities differ by up to {worst}"
print(f"transformers {transformers.__version__}: {len(questions)} questions, largest difference {worst:.1e} nats")
