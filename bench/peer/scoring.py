"""Scores of candidates behind one prompt by transformers, for bench/scoring.ts.

Reads a task as one JSON line, answers with its versions, then does the variant that each line names and answers
{"seconds", "scores"}: `each` computes every prompt + candidate alone; `batch` computes every prompt + candidate in one padded batch; `prefix` computes the prompt once and the
candidates in one batch behind its key-value cache. Run by: npm run bench -- scoring --python PATH
"""
import json, os, sys, time
task = json.loads(sys.stdin.readline())
os.environ['OMP_NUM_THREADS'] = str(task['threads'])
os.environ['TQDM_DISABLE'] = '1'
import torch, transformers
from transformers import AutoModelForCausalLM

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(task['threads'])
model = AutoModelForCausalLM.from_pretrained(os.path.dirname(task['model']), gguf_file=os.path.basename(task['model']), dtype=torch.float32).eval()
prompt, branches = task['prompt'], task['branches']
longest = max(len(b) for b in branches)
padded = torch.tensor([b + [0] * (longest - len(b)) for b in branches])  # (C, T)
valid = torch.tensor([[1.0] * len(b) + [0.0] * (longest - len(b)) for b in branches])


def sums(logits):
    """(C, T, V) logits that predict the padded answers -> (C)."""
    return (torch.log_softmax(logits, -1).gather(2, padded[:, :, None])[:, :, 0] * valid).sum(1)


def each():
    rows = [model(torch.tensor([prompt + b[:-1]]), logits_to_keep=len(b), use_cache=False).logits[0] for b in branches]
    return torch.stack([torch.log_softmax(row, -1).gather(1, torch.tensor(b)[:, None]).sum() for row, b in zip(rows, branches)])


def batch():
    rows = torch.cat([torch.tensor(prompt).expand(len(branches), -1), padded[:, :-1]], 1)
    return sums(model(rows, logits_to_keep=longest, use_cache=False).logits)


def prefix():
    first = model(torch.tensor([prompt]), logits_to_keep=1, use_cache=True)
    cache = first.past_key_values
    cache.batch_repeat_interleave(len(branches))
    rest = model(padded[:, :-1], past_key_values=cache).logits
    return sums(torch.cat([first.logits.expand(len(branches), -1, -1), rest], 1))


print(json.dumps({'torch': torch.__version__, 'transformers': transformers.__version__, 'threads': torch.get_num_threads()}), flush=True)
with torch.inference_mode():
    for line in sys.stdin:
        start = time.perf_counter()
        scores = {'each': each, 'batch': batch, 'prefix': prefix}[line.strip()]()
        print(json.dumps({'seconds': time.perf_counter() - start, 'scores': scores.tolist()}), flush=True)
