"""A job folder, as `adaptrec train --on ...` writes it: read and checked before anything is loaded.

  job.json          what is to be trained, from which model, with which settings, and size and SHA-256 of every other file
  answers.json      groups of token sequences: all that can be answered; probabilities are normalised over them
  examples.jsonl    one example a line: a trunk of token ids with forks; docs/training.md says what a fork is
  order.jsonl       one optimiser step a line: which examples each pass reads
  validation.jsonl  examples that are only measured
  start/            PEFT's two files of the adapter that training begins from, and the evidence's weights
"""
import hashlib, json, math, os

from say import JobError

FORMAT = 'adaptrec-training-job'
VERSION = 1


def read_job(folder):
    """The job of a folder, its files held against their hashes."""
    path = os.path.join(folder, 'job.json')
    try:
        with open(path, encoding='utf-8') as file:
            job = json.load(file)
    except (OSError, ValueError) as error:
        raise JobError(f'{path} cannot be read: {error}', 'Give the folder that `adaptrec train --on ...` wrote.') from error
    if not isinstance(job, dict) or job.get('format') != FORMAT or job.get('version') != VERSION:
        got = (job.get('format'), job.get('version')) if isinstance(job, dict) else type(job).__name__
        raise JobError(f'{path} is no job that this program reads: expected {FORMAT} {VERSION}, got {got}.',
                       'Use the cluster folder of the same version of adaptrec.')
    check(path, job)
    for name, stamp in job['files'].items():
        check_file(folder, name, stamp)
    return job


def check(path, job):
    """Every field that training reads, by type and range."""
    def need(holder, name, kinds, test=lambda value: True, what=''):
        value = holder.get(name) if isinstance(holder, dict) else None
        if isinstance(value, bool) and bool not in kinds or not isinstance(value, kinds) or not test(value):
            raise JobError(f'{path}: {name} is {value!r}; expected {what or kinds}.', 'Write the job folder anew.')
        return value

    count = lambda value: value >= 1
    finite = lambda value: math.isfinite(value) and value >= 0
    number = (int, float)
    need(job, 'id', (str,), lambda value: value.isalnum(), 'a word')
    need(job, 'stage', (str,))
    need(job, 'objective', (str,), lambda value: value in ('listwise', 'next-token'), 'listwise or next-token')
    need(job, 'temperature', number, lambda value: math.isfinite(value) and value > 0, 'a number above 0')
    need(job, 'listWeight', number, finite, 'a number of at least 0')
    need(job, 'featureCount', (int,), lambda value: value >= 0, 'a count')
    need(job, 'steps', (int,), count, 'a count')
    need(job, 'gradientCheckpointing', (bool,))
    model = need(job, 'model', (dict,))
    need(model, 'source', (str,), lambda value: value != '', 'a path or a name')
    need(model, 'hash', (str,), lambda value: len(value) == 64, 'a SHA-256')
    settings = need(job, 'settings', (dict,))
    for name in ('learningRate', 'loraPlusRatio', 'clipNorm', 'checkpointSeconds'):
        need(settings, name, number, lambda value: math.isfinite(value) and value > 0, 'a number above 0')
    for name in ('warmupRatio', 'weightDecay'):
        need(settings, name, number, finite, 'a number of at least 0')
    for name in ('evaluateEvery', 'checkpointEvery'):
        need(settings, name, (int,), count, 'a count')
    need(settings, 'seed', (int,))
    if 'patience' in settings:
        need(settings, 'patience', (int,), count, 'a count')
    files = need(job, 'files', (dict,))
    for name in ('answers.json', 'examples.jsonl', 'order.jsonl', 'validation.jsonl', 'start/evidence.json',
                 'start/adapter_config.json', 'start/adapter_model.safetensors'):
        need(files, name, (dict,), what='its size and SHA-256')


def check_file(folder, name, stamp):
    path = os.path.join(folder, name)
    hint = 'The folder is not whole: run the command that wrote it once more.'
    if name.startswith('/') or '..' in name.split('/'):
        raise JobError(f'{folder}: {name!r} lies outside of it.', hint)
    if not os.path.isfile(path) or os.path.getsize(path) != stamp.get('bytes'):
        raise JobError(f'{path} is missing or has not {stamp.get("bytes")} bytes.', hint)
    digest = hashlib.sha256()
    hash_into(digest, path)
    if digest.hexdigest() != stamp.get('sha256'):
        raise JobError(f'{path} has SHA-256 {digest.hexdigest()}, not {stamp.get("sha256")}.', hint)


def read_lines(path):
    """The JSON values of a file, a line each, with the number of the line at fault named."""
    with open(path, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise JobError(f'{path}, line {number}: {error}', 'Write the job folder anew.') from error


class Lines:
    """Examples by number, read from their file when they are wanted: only where each begins is held."""

    def __init__(self, path, feature_count):
        self.path, self.feature_count, self.starts = path, feature_count, []
        at = 0
        with open(path, 'rb') as file:
            for line in file:
                self.starts.append(at)
                at += len(line)
        self.file = open(path, 'rb')

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, index):
        self.file.seek(self.starts[index])
        return check_example(f'{self.path}, line {index + 1}', json.loads(self.file.readline()), self.feature_count)


def check_example(where, example, feature_count):
    """The example, if its parts fit each other."""
    def refuse(what):
        raise JobError(f'{where}: {what}.', 'Write the job folder anew.')

    trunk, forks = example.get('trunk'), example.get('forks')
    if not trunk or not forks:
        refuse('it has no trunk or no forks')
    for i, fork in enumerate(forks):
        at, own, branches = fork['at'], fork['own'], fork['branches']
        answers = len(branches) + (own > 0)
        if not 1 <= at or at + own > len(trunk):
            refuse(f'fork {i} at {at} lies outside its {len(trunk)} tokens')
        if own > 0 and fork['context']:
            refuse(f'fork {i} has a context and answers with the trunk')
        if answers == 0 or not all(branches):
            refuse(f'fork {i} has no answer, or an empty one')
        if len(fork['target']) != answers:
            refuse(f'fork {i} has {answers} answers and {len(fork["target"])} targets')
        for name, width in (('features', feature_count), ('offset', 1)):
            if name in fork and len(fork[name]) != answers * width:
                refuse(f'fork {i} has {len(fork[name])} values of {name}; expected {answers} x {width}')
    return example


TELLING = ('.safetensors', '.json', '.jinja')


def hash_model(path):
    """The hash that adaptrec knows a model by: of a .gguf file, or of a folder's weights, config and tokenizer."""
    digest = hashlib.sha256()
    names = sorted(n for n in os.listdir(path) if n.endswith(TELLING)) if os.path.isdir(path) else ['']
    for name in names:
        digest.update(f'{name}\n'.encode())
        hash_into(digest, os.path.join(path, name) if name else path)
    return digest.hexdigest()


def hash_into(digest, path):
    with open(path, 'rb') as file:
        while block := file.read(1 << 20):
            digest.update(block)
