"""Makes lists for everybody from a job folder: hands its parts to workers, each of which runs `adaptrec-lists` of our own package.

  python lists.py JOB [--out FOLDER] [--parts 0-9,12]                      on this machine, one worker
  python lists.py JOB ... --ray --workers N --cpus C --gpus G [--wait S]   under Ray Data, N workers with C cores and G GPUs each
  ... --engine vllm [--model FOLDER_OR_NAME] [--vllm "OPTIONS"]            each worker starts a vLLM, which computes in place of the local model

A part is a Parquet file in FOLDER (JOB/out where none is given); one that is there is not made again. Needs no package of Python but Ray, with --ray, and
vLLM, with --engine vllm. What it has to say to adaptrec stands in lines that begin with `adaptrec-event`.
"""
import argparse, json, os, shlex, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.error, urllib.parse, urllib.request

from say import JobError, tell, wait_for_room

EVENT = 'adaptrec-event '
SERVER_STARTS = 1200  # seconds: a large model is read, and compiled for


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('job')
    parser.add_argument('--out', help='where the parts go; JOB/out by default')
    parser.add_argument('--parts', help='numbers of the parts to make; all by default')
    parser.add_argument('--model', help='where the model is on this machine; as the bundle says without it')
    parser.add_argument('--adaptrec', default='adaptrec-lists', help='our program, or where it is')
    parser.add_argument('--engine', choices=('local', 'vllm'), default='local')
    parser.add_argument('--vllm', default='', help='options for `vllm serve`')
    parser.add_argument('--ray', action='store_true', help='work in workers of the Ray cluster that this job runs on')
    parser.add_argument('--workers', type=int, default=1)
    parser.add_argument('--cpus', type=int, default=1, help='of each worker')
    parser.add_argument('--gpus', type=float, default=0, help='of each worker')
    parser.add_argument('--wait', type=float, default=600, help='most seconds to wait for room on the cluster')
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        work(arguments)
    except JobError as error:
        tell('failed', message=str(error), hint=error.hint)
        sys.exit(1)


def work(arguments):
    """Makes what is missing and tells of each part, of those that are there as well."""
    folder = os.path.abspath(arguments.job)
    job = read_job(folder)
    out = os.path.abspath(arguments.out or os.path.join(folder, 'out'))
    os.makedirs(out, exist_ok=True)
    kept = Kept(os.path.join(out, 'made.jsonl'))
    wanted = numbers_of(arguments.parts, job)
    for part in wanted:
        if part in kept.made:
            tell('part', **kept.made[part])
    missing = [part for part in wanted if part not in kept.made]
    if not missing:
        return
    given = {'job': folder, 'adaptrec': arguments.adaptrec, 'cpus': arguments.cpus, 'model': arguments.model,
             'engine': arguments.engine, 'options': arguments.vllm}
    for made in made_on_ray(missing, given, arguments) if arguments.ray else made_here(missing, given):
        if 'failed' in made:
            raise JobError(made['failed'], made['hint'])
        content = made.pop('content')
        write(os.path.join(out, made.pop('file')), content)
        tell('part', **kept.add({**made, 'bytes': len(content)}))


def read_job(folder):
    """The job of a folder; the rest of it our own program checks."""
    path = os.path.join(folder, 'job.json')
    try:
        with open(path, encoding='utf-8') as file:
            job = json.load(file)
        if job['format'] != 'adaptrec-lists-job' or job['version'] != 1:
            raise ValueError(f'it is a {job["format"]} of version {job["version"]}')
        division = job['division']
        job['parts'] = -(-division['users'] // division['usersOfPart'])
        return job
    except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError) as error:
        raise JobError(f'{path} cannot be read: {error}', 'Give the folder that `adaptrec recommend --all --on ...` wrote.') from error


def numbers_of(text, job):
    """Numbers from "0-9,12"; all parts where nothing is given."""
    if text is None:
        return list(range(job['parts']))
    numbers = []
    for piece in text.split(','):
        first, _, last = piece.partition('-')
        if not first.isdigit() or not (last or first).isdigit() or int(last or first) >= job['parts']:
            raise JobError(f'--parts: "{piece}" names no parts of 0 to {job["parts"] - 1}.', 'For example: --parts 0-9,12')
        numbers += range(int(first), int(last or first) + 1)
    return numbers


class Kept:
    """The parts of a folder, by number, as they were told: a line each, written when the file is there."""

    def __init__(self, path):
        self.path, self.made = path, {}
        if os.path.exists(path):
            with open(path, encoding='utf-8') as file:
                for line in file:
                    if line.endswith('\n'):  # else it was cut
                        part = json.loads(line)
                        self.made[part['part']] = part

    def add(self, part):
        with open(self.path, 'a', encoding='utf-8') as file:
            file.write(json.dumps(part) + '\n')
        self.made[part['part']] = part
        return part


def write(path, content):
    """A whole file or none."""
    with open(path + '.tmp', 'wb') as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + '.tmp', path)


def made_here(missing, given):
    """One worker, in this process."""
    tell('workers', workers=1, parts=len(missing))
    worker = Worker(**given)
    for part in missing:
        yield worker({'part': part})


def made_on_ray(missing, given, arguments):
    """The same by workers of Ray Data; one that dies is started again, and its part with it. Parts come as they are ready."""
    import ray
    ray.init(address='auto', log_to_driver=True, logging_level='ERROR')
    needs = {'CPU': arguments.workers * arguments.cpus, **({'GPU': arguments.workers * arguments.gpus} if arguments.gpus else {})}
    wait_for_room(ray, needs, arguments.wait, 'making lists')
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    workers = min(arguments.workers, len(missing))
    tell('workers', workers=workers, parts=len(missing))
    parts = ray.data.from_items([{'part': part} for part in missing], override_num_blocks=len(missing))
    made = parts.map(Worker, fn_constructor_kwargs=given, concurrency=workers, num_cpus=arguments.cpus,
                     **({'num_gpus': arguments.gpus} if arguments.gpus else {}))
    yield from made.iter_rows()


class Worker:
    """One process of our program, with a vLLM beside it where one is asked for. What goes wrong for good is told as a row."""

    def __init__(self, job, adaptrec, cpus, model, engine, options):
        self.failure = self.server = None
        self.folder = tempfile.mkdtemp(prefix='adaptrec-lists-')
        here = os.path.dirname(os.path.abspath(__file__))
        if not os.path.exists(os.path.join(job, 'job.json')):  # on another machine the package lies elsewhere
            job = os.path.join(here, 'job')
        command = [*shlex.split(adaptrec), job, self.folder, '--sessions', str(cpus)]
        try:
            if engine == 'vllm':
                self.server = Server(model or os.path.join(job, 'model'), options)
                command += ['--model', self.server.address]
            elif model:
                command += ['--model-at', model]
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        except FileNotFoundError:
            self.failure = (f'There is no {adaptrec} on {socket.gethostname()}.',
                            'Install adaptrec on every machine (npm install --global adaptrec), or say where it is: ?adaptrec=PATH behind the address of --on.')
        except JobError as error:
            self.failure = (str(error), error.hint)

    def __call__(self, row):
        try:
            return self.failed() if self.failure else self.make(int(row['part']))
        except OSError as error:  # its input is closed: it has ended
            self.failure = self.failure or (f'adaptrec-lists ended on {socket.gethostname()}: {error}', 'The same command goes on.')
            return self.failed()

    def make(self, part):
        if self.process.poll() is None:
            self.process.stdin.write(f'{part}\n')
            self.process.stdin.flush()
        for line in self.process.stdout:
            if not line.startswith(EVENT):
                print(line, end='')
                continue
            said = json.loads(line[len(EVENT):])
            if said['kind'] == 'notice':
                tell('notice', text=said['text'])
            if said['kind'] == 'failed':
                self.failure = (said['message'], said['hint'])
                return self.failed()
            if said['kind'] == 'part':
                path = os.path.join(self.folder, said['file'])
                with open(path, 'rb') as file:
                    content = file.read()
                os.remove(path)
                return {**{name: said[name] for name in ('part', 'file', 'users', 'asked', 'coreSeconds', 'workerSeconds')}, 'content': content}
        raise OSError(f'code {self.process.wait()}')

    def failed(self):
        return {'failed': self.failure[0], 'hint': self.failure[1]}


class Server:
    """A vLLM on loopback that serves one model and takes the bundle's adapters."""

    def __init__(self, model, options):
        if not shutil.which('vllm'):
            raise JobError(f'There is no vllm on {socket.gethostname()}.', 'Install vLLM on every machine of the cluster, or leave engine=vllm out.')
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        base = f'http://127.0.0.1:{port}/v1'
        log = tempfile.NamedTemporaryFile('w+', prefix='adaptrec-vllm-', suffix='.log')
        command = ['vllm', 'serve', model, '--served-model-name', 'served', '--host', '127.0.0.1', '--port', str(port),
                   '--enable-lora', '--max-lora-rank', '64', *shlex.split(options)]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, preexec_fn=end_with_parent if sys.platform == 'linux' else None,
                                   env={**os.environ, 'VLLM_ALLOW_RUNTIME_LORA_UPDATING': '1'})
        deadline = time.monotonic() + SERVER_STARTS
        while not answers(f'{base}/models'):
            if process.poll() is not None or time.monotonic() > deadline:
                process.terminate()
                log.seek(0)
                tail = ''.join(log.readlines()[-8:])
                raise JobError(f'vLLM did not start on {socket.gethostname()}: {tail}', 'Give it what it needs: ?vllm=OPTIONS behind the address of --on.')
            time.sleep(1)
        self.process, self.log = process, log
        tokenizer = f'?tokenizer={urllib.parse.quote(model, safe="/")}' if os.path.isdir(model) else ''
        self.address = f'openai:{base}{tokenizer}#served'


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def end_with_parent():
    """Has the process that is about to start end with this one, however this one ends. Our own program ends with its input."""
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


if __name__ == '__main__':
    main()
