"""Examples as rows of tokens for a decoder, and the loss of a pass: the same numbers as src/model/{token-tree,objective}.ts.

A row is [trunk | fork 1: context, branches | fork 2 ...]. A fork leaves the trunk at any of its tokens and sees it up to there. The last token
of a branch is predicted and never fed. Probabilities are normalised over what can be answered at each place.
"""
import torch


class Answers:
    """All that can be answered, as trees of token ids: what may follow what."""

    def __init__(self, groups):
        self.groups = [grow(group) for group in groups]

    def choices_along(self, branch):
        """For each token of a branch, what could stand there: a mapping whose keys are token ids."""
        for root in self.groups:
            choices, at = [], root
            for token in branch:
                following, _ = at
                if token not in following:
                    break
                choices.append(following)
                at = following[token]
                if at[1]:
                    at = root
            else:
                if at is root:
                    return choices
        raise ValueError(f'The tokens {branch[:12]} are none of the possible answers.')


def grow(sequences):
    """(next by token, whether a sequence ends here)"""
    root = [{}, False]
    for sequence in sequences:
        at = root
        for token in sequence:
            at = at[0].setdefault(token, [{}, False])
        at[1] = True
    return root


def targets_alone(example):
    """The same example with the one answer of each fork that its target puts most on."""
    forks = []
    for fork in example['forks']:
        place = fork['target'].index(max(fork['target'])) - (fork['own'] > 0)
        own, branches = (fork['own'], []) if place < 0 else (0, [fork['branches'][place]])
        forks.append({'at': fork['at'], 'context': fork['context'], 'own': own, 'branches': branches, 'target': [1.0]})
    return {'trunk': example['trunk'], 'forks': forks}


class Row:
    """The examples of one pass behind each other."""

    def __init__(self, examples, answers):
        self.ids, self.positions, self.spans = [], [], []
        self.predicted_by, self.tokens = [], []  # of each answer token
        self.choices = {}  # of each token that predicts: what could stand behind it
        self.forks = []  # of each fork: the lengths of its answers, whether the first is the trunk's own, and the fork
        for example in examples:
            self.add(example, answers)

    def push(self, tokens, position, sees):
        self.spans.append((len(self.ids), len(self.ids) + len(tokens), sees))
        self.ids += tokens
        self.positions += range(position, position + len(tokens))

    def add(self, example, answers):
        trunk, start = example['trunk'], len(self.ids)
        self.push(trunk, 0, [])
        for fork in example['forks']:
            at, context, own = start + fork['at'], fork['context'], fork['own']
            context_start = len(self.ids)
            if context:
                self.push(context, fork['at'], [(start, at)])
            before = [(start, at), (context_start, len(self.ids))]
            first = len(self.ids) - 1 if context else at - 1
            lengths = []
            if own:
                self.answer(trunk[fork['at']:fork['at'] + own], range(at - 1, at - 1 + own), answers)
                lengths.append(own)
            for branch in fork['branches']:
                branch_start = len(self.ids)
                if len(branch) > 1:
                    self.push(branch[:-1], fork['at'] + len(context), before)
                self.answer(branch, [first, *range(branch_start, branch_start + len(branch) - 1)], answers)
                lengths.append(len(branch))
            self.forks.append((lengths, own > 0, fork))

    def answer(self, tokens, predicted_by, answers):
        self.tokens += tokens
        self.predicted_by += predicted_by
        self.choices.update(zip(predicted_by, answers.choices_along(tokens)))

    def mask(self, dtype, device):
        """(1, 1, S, S), added to attention scores: 0 where a token sees another, far below elsewhere."""
        size = len(self.ids)
        sees = torch.zeros(size, size, dtype=torch.bool, device=device)
        for start, end, seen in self.spans:
            for low, high in seen:
                sees[start:end, low:high] = True
            sees[start:end, start:end] = torch.ones(end - start, end - start, dtype=torch.bool, device=device).tril()
        return torch.zeros(size, size, dtype=dtype, device=device).masked_fill(~sees, torch.finfo(dtype).min)[None, None]


def log_probabilities(model, row, device):
    """The log-probability of each answer token, (A), among what could be answered in its place."""
    rows = sorted(set(row.predicted_by))
    place = {token: i for i, token in enumerate(rows)}
    where = torch.tensor([place[i] for i in row.predicted_by], device=device)
    dtype = next(p.dtype for p in model.parameters() if p.is_floating_point() and not p.requires_grad)
    logits = model(
        input_ids=torch.tensor([row.ids], device=device),
        position_ids=torch.tensor([row.positions], device=device),
        attention_mask=row.mask(dtype, device),
        logits_to_keep=torch.tensor(rows, device=device),
        use_cache=False,
    ).logits[0].float()  # (U, V)
    allowed = torch.zeros(logits.shape, dtype=torch.bool, device=device)
    pairs = torch.tensor([(place[i], token) for i, tokens in row.choices.items() for token in tokens], device=device)
    allowed[pairs[:, 0], pairs[:, 1]] = True
    normalizers = logits.masked_fill(~allowed, float('-inf')).logsumexp(-1)
    return logits[where, torch.tensor(row.tokens, device=device)] - normalizers[where]


def scores_of(row, logs, job, evidence):
    """The scores of each fork's answers: log-probability / temperature + features . weights + offset. Lists of (C)."""
    device, scores, at = logs.device, [], 0
    for lengths, _, fork in row.forks:
        sums = torch.stack([part.sum() for part in logs[at:at + sum(lengths)].split(lengths)]) / job['temperature']
        at += sum(lengths)
        if 'features' in fork and evidence is not None:
            sums = sums + torch.tensor(fork['features'], dtype=torch.float32, device=device).reshape(len(lengths), -1) @ evidence
        if 'offset' in fork:
            sums = sums + torch.tensor(fork['offset'], dtype=torch.float32, device=device)
        scores.append(sums)
    return scores


def loss_of(row, logs, job, evidence):
    """The mean loss of a pass, as `trainingLoss` has it."""
    if job['objective'] == 'next-token':
        lengths = [length for each, _, _ in row.forks for length in each]
        weights = [1 / length / len(lengths) for length in lengths for _ in range(length)]
        return -(logs * torch.tensor(weights, device=logs.device)).sum()
    compared = max(1, sum(len(lengths) > 1 for lengths, _, _ in row.forks))
    loss = logs.new_zeros(())
    for scores, (_, _, fork) in zip(scores_of(row, logs, job, evidence), row.forks):
        loss = loss - (torch.tensor(fork['target'], dtype=torch.float32, device=logs.device) * scores.log_softmax(0)).sum() / compared
    if job['listWeight'] > 0:
        own = [is_own and i == 0 for lengths, is_own, _ in row.forks for i, length in enumerate(lengths) for _ in range(length)]
        if any(own):
            loss = loss - job['listWeight'] * logs[torch.tensor(own, device=logs.device)].mean()
    return loss
