"""One LoRA training step (forward and backward) by PyTorch + PEFT, for bench/lora-step.ts.

Reads a task as one JSON line, answers with its versions, then does the variant that each line names and answers {"seconds", "loss"}:
`tree` is the same token tree as ours, under a 4-D mask with positions given (with one branch a causal sequence, with logits for
the answer tokens only); `batch` has every prompt + branch as a sequence of its own, in parts of 5, as 20 do not fit in 24 GB. What the loss
weighs a part by is known only after the last part, so all go back with the same weight: the same work for other gradients. Run by: npm run bench -- lora-step --python PATH
"""
import json, os, sys, time
task = json.loads(sys.stdin.readline())
os.environ['OMP_NUM_THREADS'] = str(task['threads'])
os.environ['TQDM_DISABLE'] = '1'
import torch, transformers, peft
from transformers import AutoModelForCausalLM

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(task['threads'])
model = AutoModelForCausalLM.from_pretrained(os.path.dirname(task['model']), gguf_file=os.path.basename(task['model']), dtype=torch.float32)
model = peft.get_peft_model(model, peft.LoraConfig(r=task['rank'], lora_alpha=task['alpha'], target_modules=task['targetModules'], task_type='CAUSAL_LM'))
model.train()
prompt, branches = task['prompt'], task['branches']
ids, positions, groups = list(prompt), list(range(len(prompt))), [0] * len(prompt)
picks, answers, owner = [], [], []
for index, branch in enumerate(branches):
    picks.append(len(prompt) - 1)
    for offset, token in enumerate(branch[:-1]):
        picks.append(len(ids))
        ids.append(token)
        positions.append(len(prompt) + offset)
        groups.append(index + 1)
    answers += branch
    owner += [index] * len(branch)
group = torch.tensor(groups)
order = torch.arange(len(ids))
sees = (order[:, None] >= order[None, :]) & ((group[None, :] == 0) | (group[:, None] == group[None, :]))
mask = torch.zeros(1, 1, len(ids), len(ids)).masked_fill(~sees, torch.finfo(torch.float32).min)
keep = torch.tensor(sorted(set(picks)))
where = torch.searchsorted(keep, torch.tensor(picks))
extra = {'attention_mask': mask, 'position_ids': torch.tensor([positions])} if len(branches) > 1 else {}


longest = max(len(branch) for branch in branches)
padded = torch.tensor([branch + [0] * (longest - len(branch)) for branch in branches])  # (C, T)
valid = torch.tensor([[1.0] * len(branch) + [0.0] * (longest - len(branch)) for branch in branches])
PART = 5


def listwise(sums):
    return -torch.log_softmax(sums / task['temperature'], 0)[task['target']]


def tree():
    logits = model(input_ids=torch.tensor([ids]), logits_to_keep=keep, use_cache=False, **extra).logits[0]
    picked = torch.log_softmax(logits, -1)[where, torch.tensor(answers)]
    loss = -picked.mean() if len(branches) == 1 else listwise(torch.zeros(len(branches)).index_add(0, torch.tensor(owner), picked))
    loss.backward()
    return loss.item()


def batch():
    sums = []
    for part, mask in zip(padded.split(PART), valid.split(PART)):
        rows = torch.cat([torch.tensor(prompt).expand(len(part), -1), part[:, :-1]], 1)
        logits = model(rows, logits_to_keep=longest, use_cache=False).logits
        sums.append((torch.log_softmax(logits, -1).gather(2, part[:, :, None])[:, :, 0] * mask).sum(1))
        sums[-1].sum().backward()
    return listwise(torch.cat(sums)).item()


variants = {'tree': tree, 'batch': batch}
print(json.dumps({'torch': torch.__version__, 'transformers': transformers.__version__, 'peft': peft.__version__, 'threads': torch.get_num_threads()}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    loss = variants[line.strip()]()
    model.zero_grad()
    print(json.dumps({'seconds': time.perf_counter() - start, 'loss': loss}), flush=True)
