"""Golden values of the optimizer: ten AdamW steps of PyTorch with clipping and the cosine schedule with warm-up.

Run: python test/golden/adamw.py > test/golden/adamw.json   (torch 2.13)
"""
import json
import math

import torch

torch.manual_seed(3)
options = dict(lr=0.05, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
total, warmup, max_norm = 10, 3, 1.5
start = torch.randn(2, 3)
parameter = torch.nn.Parameter(start.clone())
optimizer = torch.optim.AdamW([parameter], **options)


def factor(step: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return (1 + math.cos(math.pi * (step - warmup) / (total - warmup))) / 2


schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
steps = []
for _ in range(total):
    gradient = torch.randn(2, 3)
    parameter.grad = gradient.clone()
    norm = torch.nn.utils.clip_grad_norm_([parameter], max_norm)
    rate = schedule.get_last_lr()[0]
    optimizer.step()
    schedule.step()
    steps.append(
        dict(gradient=gradient.flatten().tolist(), norm=norm.item(), learningRate=rate, after=parameter.detach().flatten().tolist())
    )
print(json.dumps(dict(start=start.flatten().tolist(), maxNorm=max_norm, warmup=warmup, steps=steps)))
