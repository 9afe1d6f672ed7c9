"""Golden values for src/sequence/sasrec.ts, by PyTorch. Run: python test/golden/sasrec_golden.py > test/golden/sasrec-golden.json

A tiny SASRec (2 layers, 2 heads, d 8) with parameters made by a formula that the test repeats: states, logits, and the losses of
ten AdamW steps (beta 0.9, 0.98, learning rate 0.01, gradients clipped at 5) on one batch of two sequences of unequal length.
"""
import json
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
ITEMS, LENGTH, D, LAYERS, HEADS = 11, 6, 8, 2, 2
SEQUENCES = [[3, 1, 4, 1, 5, 9, 2], [6, 5, 3, 10]]


def parameter(name, *shape):
    size = math.prod(shape)
    salt = sum(name.encode())
    values = torch.tensor([0.3 * math.sin(salt + 1.7 * i) for i in range(size)]).reshape(shape)
    return (values + 1 if name.endswith("norm.weight") else values).requires_grad_()


def affine(name, *shape):
    return {f"{name}.weight": parameter(f"{name}.weight", *shape), f"{name}.bias": parameter(f"{name}.bias", D)}


p = {
    "item_embedding.weight": parameter("item_embedding.weight", ITEMS, D),
    "position_embedding.weight": parameter("position_embedding.weight", LENGTH, D),
}
for k in range(LAYERS):
    p |= affine(f"layers.{k}.attention_norm", D)
    for part in ("query", "key", "value", "output"):
        p |= affine(f"layers.{k}.attention.{part}", D, D)
    p |= affine(f"layers.{k}.feed_forward_norm", D)
    for part in ("up", "down"):
        p |= affine(f"layers.{k}.feed_forward.{part}", D, D)
p |= affine("final_norm", D)


def norm(x, name):
    return F.layer_norm(x, (D,), p[f"{name}.weight"], p[f"{name}.bias"], 1e-5)


def linear(x, name):
    return F.linear(x, p[f"{name}.weight"], p[f"{name}.bias"])


def states(items):
    """(T) -> (T, D), one sequence without padding."""
    x = p["item_embedding.weight"][items] * math.sqrt(D) + p["position_embedding.weight"][: len(items)]
    for k in range(LAYERS):
        h = norm(x, f"layers.{k}.attention_norm")
        q, key, v = (
            linear(h, f"layers.{k}.attention.{part}").reshape(-1, HEADS, D // HEADS).transpose(0, 1)
            for part in ("query", "key", "value")
        )
        mixed = F.scaled_dot_product_attention(q, key, v, is_causal=True)
        x = x + linear(mixed.transpose(0, 1).reshape(-1, D), f"layers.{k}.attention.output")
        h = norm(x, f"layers.{k}.feed_forward_norm")
        x = x + linear(torch.relu(linear(h, f"layers.{k}.feed_forward.up")), f"layers.{k}.feed_forward.down")
    return norm(x, "final_norm")


def loss():
    each = [
        F.cross_entropy(states(s[:-1]) @ p["item_embedding.weight"].T, torch.tensor(s[1:]), reduction="none")
        for s in SEQUENCES
    ]
    return torch.cat(each).mean()


with torch.no_grad():
    first = states(SEQUENCES[0][:-1])
    logits = first[-1] @ p["item_embedding.weight"].T
optimizer = torch.optim.AdamW(p.values(), lr=0.01, betas=(0.9, 0.98), weight_decay=0)
losses = []
for _ in range(10):
    optimizer.zero_grad()
    value = loss()
    value.backward()
    torch.nn.utils.clip_grad_norm_(p.values(), 5.0)
    optimizer.step()
    losses.append(value.item())

rounded = lambda values: [round(x, 9) for x in values]
print(
    json.dumps(
        {
            "torch": torch.__version__.split("+")[0],
            "config": {"itemCount": ITEMS, "maxLength": LENGTH, "hiddenSize": D, "layers": LAYERS, "heads": HEADS},
            "sequences": SEQUENCES,
            "states": rounded(first.flatten().tolist()),
            "logits": rounded(logits.tolist()),
            "losses": rounded(losses),
        },
        indent=1,
    )
)
