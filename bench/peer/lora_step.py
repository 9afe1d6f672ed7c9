"""One LoRA training step (forward and backward) by PyTorch + PEFT, for bench/lora-step.ts.

Reads a task as one JSON line, answers with its versions, then does one step per line and answers {"seconds", "loss"}.
`next-token` is one causal sequence with logits for the answer tokens only; `listwise` is the same token tree as ours, under a
4-D mask with positions given. Run by: npm run bench -- lora-step --python PATH
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


def step():
    logits = model(input_ids=torch.tensor([ids]), logits_to_keep=keep, use_cache=False, **extra).logits[0]
    picked = torch.log_softmax(logits, -1)[where, torch.tensor(answers)]
    if len(branches) == 1:
        loss = -picked.mean()
    else:
        scores = torch.zeros(len(branches)).index_add(0, torch.tensor(owner), picked) / task['temperature']
        loss = -torch.log_softmax(scores, 0)[task['target']]
    loss.backward()
    model.zero_grad()
    return loss.item()


print(json.dumps({'torch': torch.__version__, 'transformers': transformers.__version__, 'peft': peft.__version__, 'threads': torch.get_num_threads()}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    loss = step()
    print(json.dumps({'seconds': time.perf_counter() - start, 'loss': loss}), flush=True)
