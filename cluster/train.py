"""Trains a LoRA adapter from a job folder with PyTorch and PEFT: the steps of src/training/train.ts, on CPU or on GPUs.

  python train.py JOB [--out FOLDER] [--model PATH_OR_NAME]       on this machine; torchrun starts several processes of it
  python train.py JOB ... --ray --workers N --gpus G [--wait S]   under Ray Train, N workers with G GPUs each
  ... --fsdp                                                      shards the frozen weights over the workers

It goes on from the last checkpoint in FOLDER (JOB/out where none is given). SIGTERM and SIGINT end it after the step in hand, saved. What it has to
say to adaptrec stands in lines that begin with `adaptrec-event`. The result: FOLDER/adapter (PEFT's two files), evidence.json, curve.jsonl, result.json.
"""
import argparse, json, math, os, shutil, signal, sys, time

from job import Lines, hash_model, read_job, read_lines
from say import JobError, tell, wait_for_room

EVIDENCE = 'evidence.weight'
PREFIX = 'base_model.model.'
stopping = False


class Team:
    """The processes that train one adapter together; one alone where nobody started others."""

    def __init__(self):
        import torch
        import torch.distributed as dist
        if int(os.environ.get('WORLD_SIZE', '1')) > 1 and not dist.is_initialized():
            dist.init_process_group('nccl' if torch.cuda.is_available() else 'gloo')
        together = dist.is_initialized() and dist.get_world_size() > 1
        self.dist = dist if together else None
        self.size = dist.get_world_size() if together else 1
        self.rank = dist.get_rank() if together else 0
        self.device = torch.device('cpu')
        if torch.cuda.is_available():
            self.device = torch.device('cuda', int(os.environ.get('LOCAL_RANK', '0')) % torch.cuda.device_count())
            torch.cuda.set_device(self.device)

    def sum(self, tensors):
        """Replaces each tensor by its sum over the team."""
        if self.dist:
            import torch
            flat = torch.cat([t.reshape(-1) for t in tensors])
            self.dist.all_reduce(flat)
            for tensor, part in zip(tensors, flat.split([t.numel() for t in tensors])):
                tensor.copy_(part.reshape(tensor.shape))

    def agree_to_stop(self):
        """Whether any of the team was asked to stop."""
        import torch
        flag = torch.tensor([float(stopping)], device=self.device)
        self.sum([flag])
        return flag.item() > 0

    def wait(self):
        if self.dist:
            self.dist.barrier()


def load_model(folder, job, source, team, fsdp):
    """The frozen model with the adapter that training begins from, in bfloat16 on a GPU, else in float32."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    inside = os.path.join(folder, 'model')
    path = source or (inside if os.path.isdir(inside) else job['model']['source'])
    if os.path.exists(path):
        files = [path] if os.path.isfile(path) else [os.path.join(path, n) for n in os.listdir(path)]
        gguf = [file for file in files if file.endswith('.gguf')]
        only_gguf = gguf and (path in gguf or not os.path.exists(os.path.join(path, 'config.json')))
        found = hash_model(gguf[0] if only_gguf else path)
        if found != job['model']['hash']:
            raise JobError(f'{path} has hash {found[:12]}, not {job["model"]["hash"][:12]}: it is another model.',
                           'Give the files of the model that the run was begun with.')
        where, extra = (os.path.dirname(gguf[0]), {'gguf_file': os.path.basename(gguf[0])}) if only_gguf else (path, {})
    else:
        if os.sep in path and (path.startswith(('/', '.')) or path.endswith('.gguf')):
            raise JobError(f'There is no model at {path} on this machine.',
                           'Copy it there, or name another place: ?model=PATH behind the address of --on.')
        where, extra = path, {}
        if team.rank == 0:
            tell('notice', text=f'{path} is taken by its name: its files are not held against the hash of the local model.')
    dtype = torch.bfloat16 if team.device.type == 'cuda' else torch.float32
    try:
        base = AutoModelForCausalLM.from_pretrained(where, dtype=dtype, attn_implementation='sdpa', **extra)
    except (OSError, ValueError, ImportError) as error:
        raise JobError(f'The model {path} cannot be loaded: {error}', 'Give a model folder or name that transformers opens.') from error
    base.config.use_cache = False
    if not fsdp:
        base.to(team.device)
    if job['gradientCheckpointing']:
        base.gradient_checkpointing_enable(gradient_checkpointing_kwargs={'use_reentrant': False})
        base.enable_input_require_grads()
    model = PeftModel.from_pretrained(base, os.path.join(folder, 'start'), is_trainable=True)
    for parameter in trained_of(model).values():
        parameter.data = parameter.data.float().to(team.device)
    if fsdp:
        shard(model, team)
    return model


def shard(model, team):
    """Spreads the frozen weights over the team (FSDP2); the adapter stays whole in every process."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard
    mesh = init_device_mesh(team.device.type, (team.size,))
    whole = set(trained_of(model).values())
    for layer in model.get_base_model().model.layers:
        fully_shard(layer, mesh=mesh, ignored_params=whole)
    fully_shard(model, mesh=mesh, ignored_params=whole)


def trained_of(model):
    """The adapter's matrices by our names: model.layers.0.self_attn.q_proj.lora_A.weight."""
    return {name.removeprefix(PREFIX).replace('.default.', '.'): p for name, p in model.named_parameters() if p.requires_grad}


def rate_at(step, steps, settings):
    """Linear warm-up, then half a cosine down to 0. `step` is 0-based."""
    peak, warmup = settings['learningRate'], math.floor(settings['warmupRatio'] * steps + 0.5)
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2


class Curve:
    """What each step measured, in the lines of curve.jsonl; sends them on, a line a second at most."""

    def __init__(self, points, steps, told):
        self.points, self.steps, self.told = points, steps, told
        self.sent, self.sent_at = 0, 0.0
        self.validated = None

    def send(self, tokens_per_second=0.0, force=False):
        if not self.told or not force and time.monotonic() - self.sent_at < 1:
            return
        tell('points', steps=self.steps, points=self.points[self.sent:], tokensPerSecond=tokens_per_second)
        self.sent, self.sent_at = max(0, len(self.points) - 1), time.monotonic()  # the last one may still be validated

    def best(self):
        """The validated point of the lowest loss, ties by the higher HR@1, then the earlier."""
        best = None
        for point in self.points:
            found = point.get('validation')
            if found and (best is None or (found['loss'], -found['hitRatio1']) < (best['validation']['loss'], -best['validation']['hitRatio1'])):
                best = point
        return best

    def out_of_patience(self, patience):
        best = self.best()
        return patience is not None and best is not None and \
            sum('validation' in point and point['step'] > best['step'] for point in self.points) >= patience

    def text(self):
        return ''.join(json.dumps(point) + '\n' for point in self.points)


def write_folder(path, write):
    """A folder that appears whole or not at all."""
    part = f'{path}.part'
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    write(part)
    for name in os.listdir(part):
        with open(os.path.join(part, name), 'rb') as file:
            os.fsync(file.fileno())
    shutil.rmtree(path, ignore_errors=True)
    os.rename(part, path)


def write_text(path, text):
    with open(f'{path}.part', 'w', encoding='utf-8') as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(f'{path}.part', path)


def save_checkpoint(out, job, curve, parameters, optimizer, seconds):
    import torch
    step = curve.points[-1]['step']
    root = os.path.join(out, 'checkpoints')
    os.makedirs(root, exist_ok=True)

    def write(part):
        state = {'job': job['id'], 'step': step, 'seconds': seconds, 'curve': curve.points}
        torch.save({'parameters': {n: p.detach().cpu().clone() for n, p in parameters.items()}, 'optimizer': optimizer.state_dict()},
                   os.path.join(part, 'tensors.pt'))
        write_text(os.path.join(part, 'state.json'), json.dumps(state))

    write_folder(os.path.join(root, f'step-{step:06d}'), write)
    write_text(os.path.join(out, 'curve.jsonl'), curve.text())
    best = curve.best()
    steps = steps_in(out)
    for old in steps[:-2]:
        if best is None or old != best['step']:
            shutil.rmtree(os.path.join(root, f'step-{old:06d}'), ignore_errors=True)


def steps_in(out):
    root = os.path.join(out, 'checkpoints')
    names = os.listdir(root) if os.path.isdir(root) else []
    return sorted(int(name[5:]) for name in names if name.startswith('step-') and name[5:].isdigit())


def read_checkpoint(out, step):
    import torch
    path = os.path.join(out, 'checkpoints', f'step-{step:06d}')
    with open(os.path.join(path, 'state.json'), encoding='utf-8') as file:
        state = json.load(file)
    return state, torch.load(os.path.join(path, 'tensors.pt'), map_location='cpu', weights_only=True)


def find_checkpoint(out, job, curve_of, told):
    """The newest checkpoint that can be read, with the parameters of the best step that it refers to."""
    for step in reversed(steps_in(out)):
        try:
            state, tensors = read_checkpoint(out, step)
            if state['job'] != job['id'] or len(state['curve']) != step + 1:
                raise ValueError('it is of another job')
            best = curve_of(state['curve']).best()
            best_tensors = tensors if best is None or best['step'] == step else read_checkpoint(out, best['step'])[1]
            return state, tensors, best and best_tensors['parameters']
        except Exception as error:  # whatever a damaged file leads to: the one before is used
            if told:
                tell('notice', text=f'The checkpoint of step {step} cannot be used: {error}')
    return None, None, None


def train(folder, out, source=None, fsdp=False):
    """Trains, or goes on; every process of a team calls it. Returns whether it came to the end."""
    import torch
    from rows import Answers, Row, log_probabilities, loss_of, scores_of, targets_alone
    team = Team()
    chief = team.rank == 0
    job = read_job(folder)
    settings, steps, features = job['settings'], job['steps'], job['featureCount']
    torch.manual_seed(settings['seed'])
    os.makedirs(out, exist_ok=True)
    model = load_model(folder, job, source, team, fsdp)
    parameters = dict(sorted(trained_of(model).items()))
    with open(os.path.join(folder, 'start', 'evidence.json'), encoding='utf-8') as file:
        given = torch.tensor(json.load(file), dtype=torch.float32, device=team.device)
    evidence = torch.nn.Parameter(given) if features else None
    if features:
        if given.numel() != features:
            raise JobError(f'start/evidence.json has {given.numel()} weights; expected {features}.', 'Write the job folder anew.')
        parameters[EVIDENCE] = evidence
    plus = [p for name, p in parameters.items() if name.endswith('.lora_B.weight')]
    rest = [p for name, p in parameters.items() if not name.endswith('.lora_B.weight')]
    ratio = settings['loraPlusRatio']
    optimizer = torch.optim.AdamW([{'params': rest, 'factor': 1.0}, {'params': plus, 'factor': ratio}],
                                  lr=settings['learningRate'], weight_decay=settings['weightDecay'])
    with open(os.path.join(folder, 'answers.json'), encoding='utf-8') as file:
        answers = Answers(json.load(file))
    examples = Lines(os.path.join(folder, 'examples.jsonl'), features)
    validation = Lines(os.path.join(folder, 'validation.jsonl'), features)
    order = list(read_lines(os.path.join(folder, 'order.jsonl')))
    if len(order) != steps or any(index >= len(examples) for each in order for one in each['passes'] for index in one):
        raise JobError(f'{folder}/order.jsonl does not fit {steps} steps over {len(examples)} examples.', 'Write the job folder anew.')

    state, tensors, best = find_checkpoint(out, job, lambda points: Curve(points, steps, False), chief)
    curve = Curve(state['curve'] if state else [{'step': 0, 'epoch': 0, 'tokens': 0}], steps, chief)
    if state:
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(tensors['parameters'][name])
        optimizer.load_state_dict(tensors['optimizer'])
    step, before, began = len(curve.points) - 1, state['seconds'] if state else 0.0, time.monotonic()
    if chief:
        tell('started', device=name_of(team.device), workers=team.size, resumedFrom=step if state else None)
        curve.send(force=True)
    working, worked_tokens, saved_at, unsaved = 0.0, 0, time.monotonic(), state is None

    def seconds():
        return before + time.monotonic() - began

    def save():
        nonlocal saved_at, unsaved
        if chief:
            save_checkpoint(out, job, curve, parameters, optimizer, seconds())
        saved_at, unsaved = time.monotonic(), False

    def pass_over(indices, weight):
        """Loss and tokens of one pass; its gradient, times `weight`, is added."""
        batch = [examples[index] for index in indices]
        row = Row([targets_alone(e) for e in batch] if job['objective'] == 'next-token' else batch, answers)
        loss = loss_of(row, log_probabilities(model, row, team.device), job, evidence)
        (loss * weight).backward()
        return loss.item(), len(row.ids)

    def take_step(at):
        passes = order[at]['passes']
        count = sum(len(one) for one in passes)
        optimizer.zero_grad(set_to_none=False)
        for parameter in parameters.values():
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        loss, tokens = 0.0, 0
        own = passes[team.rank::team.size]
        most = -(-len(passes) // team.size)
        for number in range(most if fsdp else len(own)):  # sharded weights are gathered by all at once, so nobody may leave out a pass
            used = number < len(own)
            indices = own[number] if used else passes[0]
            share = len(indices) / count if used else 0.0
            found, fed = pass_over(indices, share)
            loss += share * found
            tokens += fed if used else 0
        figures = torch.tensor([loss, tokens], dtype=torch.float64, device=team.device)
        team.sum([p.grad for p in parameters.values()])
        team.sum([figures])
        loss, tokens = figures.tolist()
        norm = torch.nn.utils.clip_grad_norm_(list(parameters.values()), settings['clipNorm'], foreach=False).item()
        if not math.isfinite(loss) or not math.isfinite(norm):
            raise JobError(f'Training stopped in step {at + 1}: the loss is {loss} and the norm of the gradient {norm}.',
                           'Begin anew with a lower learningRate (a third, say), larger batches or a lower clipNorm.')
        rate = rate_at(at, steps, settings)
        for group in optimizer.param_groups:
            group['lr'] = rate * group['factor']
        optimizer.step()
        point = {'step': at + 1, 'epoch': order[at]['epoch'], 'loss': loss, 'learningRate': rate, 'gradientNorm': norm}
        curve.points.append({**point, 'tokens': curve.points[-1]['tokens'] + int(tokens)})
        return int(tokens)

    def validate():
        """Mean loss and HR@1 of the validation rows; a tie for the first place is no hit."""
        figures = torch.zeros(2, dtype=torch.float64, device=team.device)
        most = -(-len(validation) // team.size)
        model.eval()
        with torch.no_grad():
            for number in range(most):
                index = number * team.size + team.rank
                used = index < len(validation)
                if not used and not fsdp:
                    continue
                row = Row([validation[index if used else 0]], answers)
                [scores] = scores_of(row, log_probabilities(model, row, team.device), job, evidence)
                target = row.forks[0][2]['target']
                place = target.index(max(target))
                others = torch.cat([scores[:place], scores[place + 1:]])
                if used:
                    figures += torch.tensor([-scores.double().log_softmax(0)[place].item(), float((others < scores[place]).all())],
                                            dtype=torch.float64, device=team.device)
        model.train()
        team.sum([figures])
        loss, hits = (figures / len(validation)).tolist()
        if not math.isfinite(loss):
            raise JobError(f'Training stopped after step {step}: the validation loss is {loss}.', 'Begin anew with a lower learningRate.')
        curve.points[-1] = {**curve.points[-1], 'validation': {'loss': loss, 'hitRatio1': hits}}

    model.train()
    while True:
        due = step % settings['evaluateEvery'] == 0 or step == steps
        if len(validation) and due and 'validation' not in curve.points[-1]:
            validate()
            unsaved = True
            if curve.best()['step'] == step:
                best = {name: p.detach().cpu().clone() for name, p in parameters.items()}
                save()
            curve.send(worked_tokens / working if working else 0.0, force=True)
        if step == steps or curve.out_of_patience(settings.get('patience')):
            break
        if team.agree_to_stop():
            if unsaved:
                save()
            if chief:
                curve.send(force=True)
                tell('stopped', step=step)
            return False
        start = time.monotonic()
        worked_tokens += take_step(step)
        working += time.monotonic() - start
        step, unsaved = step + 1, True
        curve.send(worked_tokens / working)
        if step % settings['checkpointEvery'] == 0 or time.monotonic() - saved_at >= settings['checkpointSeconds']:
            save()
    if unsaved:
        save()
    if chief:
        if best:
            with torch.no_grad():
                for name, parameter in parameters.items():
                    parameter.copy_(best[name])
        leave_result(folder, out, job, curve, parameters, seconds(), team)
        curve.send(worked_tokens / working if working else 0.0, force=True)
        tell('done', out=os.path.abspath(out))
    team.wait()
    return True


def name_of(device):
    import torch
    return torch.cuda.get_device_name(device) if device.type == 'cuda' else 'cpu'


def leave_result(folder, out, job, curve, parameters, seconds, team):
    """The adapter as PEFT's two files, what was learnt beside it, and how training went."""
    import peft, torch, transformers
    from safetensors.torch import save_file

    def write(part):
        shutil.copy(os.path.join(folder, 'start', 'adapter_config.json'), os.path.join(part, 'adapter_config.json'))
        matrices = {PREFIX + name: p.detach().float().cpu().contiguous() for name, p in parameters.items() if name != EVIDENCE}
        save_file(matrices, os.path.join(part, 'adapter_model.safetensors'))

    write_folder(os.path.join(out, 'adapter'), write)
    weights = parameters[EVIDENCE].detach().cpu().tolist() if EVIDENCE in parameters else []
    write_text(os.path.join(out, 'evidence.json'), json.dumps(weights))
    write_text(os.path.join(out, 'curve.jsonl'), curve.text())
    best = curve.best()
    last = curve.points[-1]
    write_text(os.path.join(out, 'result.json'), json.dumps({
        'job': job['id'], 'steps': last['step'], 'bestStep': best['step'] if best else last['step'], 'tokens': last['tokens'],
        'seconds': seconds, 'device': name_of(team.device), 'workers': team.size,
        **({'peakMemoryBytes': torch.cuda.max_memory_allocated(team.device)} if team.device.type == 'cuda' else {}),
        'versions': {'torch': torch.__version__, 'transformers': transformers.__version__, 'peft': peft.__version__},
    }))


def train_on_ray(arguments):
    """The same function in workers of Ray Train; one that dies is started again and goes on from the last checkpoint."""
    import ray
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer
    ray.init(address='auto', log_to_driver=True, logging_level='ERROR')
    needs = {'CPU': arguments.workers, **({'GPU': arguments.workers * arguments.gpus} if arguments.gpus else {})}
    wait_for_room(ray, needs, arguments.wait, 'training')
    here = os.path.dirname(os.path.abspath(__file__))
    given = (os.path.abspath(arguments.job), os.path.abspath(arguments.out), arguments.model, arguments.fsdp)

    def worker(_):
        sys.path.insert(0, here)
        import train as program
        try:
            program.train(*given)
        except program.JobError as error:  # starting again would not help
            program.tell('failed', message=str(error), hint=error.hint)

    result = TorchTrainer(
        worker, train_loop_config={},
        scaling_config=ScalingConfig(num_workers=arguments.workers, use_gpu=arguments.gpus > 0,
                                     resources_per_worker={'CPU': 1, **({'GPU': arguments.gpus} if arguments.gpus else {})}),
        run_config=RunConfig(name='ray', storage_path=given[1], failure_config=FailureConfig(max_failures=3)),
    ).fit()
    if getattr(result, 'error', None):
        raise result.error


def ask_to_stop(*_):
    global stopping
    stopping = True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('job')
    parser.add_argument('--out', help='where checkpoints, curve and result go; JOB/out by default')
    parser.add_argument('--model', help='where the model is on this machine, or its name; as in job.json without it')
    parser.add_argument('--ray', action='store_true', help='train in workers of the Ray cluster that this job runs on')
    parser.add_argument('--workers', type=int, default=1)
    parser.add_argument('--gpus', type=float, default=0, help='of each worker')
    parser.add_argument('--wait', type=float, default=600, help='most seconds to wait for room on the cluster')
    parser.add_argument('--fsdp', action='store_true', help='shard the frozen weights over the workers')
    arguments = parser.parse_args()
    arguments.out = arguments.out or os.path.join(arguments.job, 'out')
    try:
        if arguments.ray:
            read_job(arguments.job)
            train_on_ray(arguments)
            return
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, ask_to_stop)
        if not train(arguments.job, arguments.out, arguments.model, arguments.fsdp):
            sys.exit(143)
    except JobError as error:
        tell('failed', message=str(error), hint=error.hint)
        sys.exit(1)


if __name__ == '__main__':
    main()
