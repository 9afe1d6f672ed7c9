"""Golden values of the decoder with LoRA, by PyTorch + transformers + PEFT.

What it writes: logits, answer log-probabilities, adapter gradients and ten AdamW losses of both objectives. Every candidate is
computed alone, as prompt + answer, without any tree or packing, so the values also judge the tree mask and the packed rows.
Both sides start from the same adapter: `noise` below, a hash of the element's index, is repeated in golden.ts.

  python test/golden/lora_golden.py test/fixtures/tiny-llama test/golden/lora-tiny.json --adapter test/fixtures/tiny-llama-adapter
  python test/golden/lora_golden.py PATH/SmolLM2-135M-Instruct.Q4_1.gguf test/golden/lora-smollm2.json
"""
import argparse, json, os, numpy as np, torch, transformers, peft
from transformers import AutoModelForCausalLM, AutoTokenizer

torch.manual_seed(0)
arguments = argparse.ArgumentParser()
arguments.add_argument('model')
arguments.add_argument('out')
arguments.add_argument('--adapter', help='folder in which PEFT saves the initial adapter')
arguments.add_argument('--modules', default='q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj')
arguments.add_argument('--rank', type=int, default=4)
options = arguments.parse_args()
gguf = options.model.endswith('.gguf')
folder, extra = (os.path.dirname(options.model), {'gguf_file': os.path.basename(options.model)}) if gguf else (options.model, {})
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation='eager', **extra)
tokenizer = AutoTokenizer.from_pretrained(folder, **extra)
vocabulary = model.config.vocab_size


def noise(count, seed):
    """(count) values in [-1, 1), a pure function of (index, seed)."""
    with np.errstate(over='ignore'):
        h = np.arange(count, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(seed) * np.uint32(40503) + np.uint32(1)
        h ^= h >> np.uint32(15)
        h *= np.uint32(2246822519)
        h ^= h >> np.uint32(13)
        h *= np.uint32(3266489917)
        h ^= h >> np.uint32(16)
    return h.astype(np.float64) / 2**31 - 1


def made_up(count, seed):
    return [int((v + 1) / 2 * (vocabulary - 1)) for v in noise(count, seed)]


if vocabulary < 1000:
    sizes = [(7, [2, 3, 1]), (11, [4, 2, 2, 3]), (5, [1, 1]), (9, [3, 5, 2])]
    trees = [{'prompt': made_up(p, 10 * i), 'branches': [made_up(n, 100 + 10 * i + j) for j, n in enumerate(b)]} for i, (p, b) in enumerate(sizes)]
else:
    films = [['Fargo (1996)', 'Heat (1995)', 'Heat 2', 'Toy Story (1995)'], ['Alien (1979)', 'Babe (1995)', 'The Piano (1993)'],
             ['Seven (1995)', 'Scream (1996)'], ['Casablanca (1942)', 'Clue (1985)', 'Emma (1996)', 'Big (1988)', 'Speed (1994)']]
    seen = ['The Godfather (1972), Pulp Fiction (1994), Taxi Driver (1976)', 'Brazil (1985), Aliens (1986), Contact (1997)',
            'Jaws (1975), Psycho (1960)', 'Rear Window (1954), Vertigo (1958), The Third Man (1949)']
    encode = lambda text: tokenizer(text, add_special_tokens=False)['input_ids']
    trees = [{'prompt': encode(f'A viewer has seen: {s}.\nThe next film: '), 'branches': [encode(f) + [tokenizer.eos_token_id] for f in fs]} for s, fs in zip(seen, films)]
for i, tree in enumerate(trees):
    count = len(tree['branches'])
    soft = np.exp(noise(count, 700 + i))
    tree['target'] = [float(j == i % count) for j in range(count)] if i % 2 == 0 else (soft / soft.sum()).tolist()
    tree['features'] = noise(count * 2, 500 + i).tolist()  # (C, 2), row-major
settings = {'rank': options.rank, 'alpha': 2 * options.rank, 'targetModules': options.modules.split(','), 'temperature': 2.0,
            'evidenceWeight': [0.5, -0.3], 'scaleA': 0.1, 'scaleB': 0.02, 'learningRate': 2e-3, 'weightDecay': 0.01, 'steps': 10}


def with_adapter():
    config = peft.LoraConfig(r=settings['rank'], lora_alpha=settings['alpha'], target_modules=settings['targetModules'],
                             lora_dropout=0.0, bias='none', task_type='CAUSAL_LM')
    adapted = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation='eager', **extra), config)
    named = {n.replace('base_model.model.', '', 1).replace('.default.', '.'): p for n, p in adapted.named_parameters() if p.requires_grad}
    with torch.no_grad():
        for index, name in enumerate(sorted(named)):
            scale = settings['scaleA'] if 'lora_A' in name else settings['scaleB']
            named[name].copy_(torch.from_numpy((noise(named[name].numel(), 1000 + index) * scale).astype('f').reshape(named[name].shape)))
    return adapted, named


def answer_log_probs(network, tree, branch):
    """(T) log-probability of each token of one branch, the branch alone behind the prompt."""
    ids = torch.tensor([tree['prompt'] + branch])
    logits = network(ids).logits[0, len(tree['prompt']) - 1:-1]
    return torch.log_softmax(logits, -1).gather(1, torch.tensor(branch)[:, None])[:, 0]


def listwise(network, tree, weight):
    scores = torch.stack([answer_log_probs(network, tree, b).sum() for b in tree['branches']]) / settings['temperature']
    scores = scores + torch.tensor(tree['features']).reshape(-1, 2) @ weight
    return -(torch.tensor(tree['target']) * torch.log_softmax(scores, 0)).sum()


def next_token(network, tree, weight):
    return -answer_log_probs(network, tree, tree['branches'][int(np.argmax(tree['target']))]).mean()


def train(objective):
    network, named = with_adapter()
    weight = torch.nn.Parameter(torch.tensor(settings['evidenceWeight']))
    parameters = [named[n] for n in sorted(named)] + ([weight] if objective is listwise else [])
    optimizer = torch.optim.AdamW(parameters, lr=settings['learningRate'], weight_decay=settings['weightDecay'])
    losses, first = [], {}
    for step in range(settings['steps']):
        optimizer.zero_grad()
        loss = sum(objective(network, trees[i], weight) for i in (2 * (step % 2), 2 * (step % 2) + 1)) / 2
        loss.backward()
        if step == 0:
            for name in sorted(named):
                g = named[name].grad.flatten()
                first[name] = {'norm': g.norm().item(), 'first': g[:4].tolist()}
            if objective is listwise:
                first['evidence.weight'] = {'norm': weight.grad.norm().item(), 'first': weight.grad.tolist()}
        losses.append(loss.item())
        optimizer.step()
    return losses, first


golden = {'versions': {'torch': torch.__version__, 'transformers': transformers.__version__, 'peft': peft.__version__}, 'settings': settings, 'trees': trees}
network, named = with_adapter()
with torch.no_grad():
    for key, net in (('base', model), ('adapted', network)):
        last = net(torch.tensor([trees[0]['prompt']])).logits[0, -1]
        answers = [[answer_log_probs(net, t, b) for b in t['branches']] for t in trees]
        golden[key] = {'logits': {'first': last[:8].tolist(), 'norm': last.norm().item(), 'argmax': int(last.argmax())},
                       'logProbs': [[a.sum().item() for a in row] for row in answers]}
    generated = trees[1]['prompt'][:]
    for _ in range(12):
        generated.append(int(model(torch.tensor([generated])).logits[0, -1].argmax()))
    golden['base']['generated'] = generated[len(trees[1]['prompt']):]
for key, objective in (('listwise', listwise), ('nextToken', next_token)):
    losses, first = train(objective)
    keep = sorted(first) if vocabulary < 1000 else [n for n in sorted(first) if 'layers.0.' in n or 'layers.29.' in n or 'evidence' in n]
    golden[key] = {'losses': losses, 'gradients': {n: first[n] for n in keep}}
if options.adapter:
    network.save_pretrained(options.adapter)
    readme = os.path.join(options.adapter, 'README.md')
    if os.path.exists(readme): os.remove(readme)  # a model card template with nothing in it
with open(options.out, 'w') as file:
    json.dump(golden, file, indent=1)
    file.write('\n')
