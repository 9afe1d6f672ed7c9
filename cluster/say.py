"""What a program has to say to adaptrec, and how a cluster's room is waited for; the same for every program of this folder."""
import json, sys, time


class JobError(Exception):
    """Something that a person has to change; `hint` says how."""

    def __init__(self, message, hint):
        super().__init__(message)
        self.hint = hint


def tell(kind, **values):
    """One line for adaptrec; `print` alone could be cut by another process's line."""
    sys.stdout.write(f'adaptrec-event {json.dumps({"kind": kind, **values})}\n')
    sys.stdout.flush()


def wait_for_room(ray, needs, seconds, work):
    """Returns when the cluster has free what the work needs. Says what it waits for, and ends where it could wait for ever."""
    deadline, told = time.monotonic() + seconds, False
    while True:
        whole, free = ray.cluster_resources(), ray.available_resources()
        short = {name: count for name, count in needs.items() if free.get(name, 0) < count}
        if not short:
            return
        words = ', '.join(f'{count} {name} ({free.get(name, 0):g} free of {whole.get(name, 0):g})' for name, count in short.items())
        if time.monotonic() >= deadline:
            raise JobError(f'The cluster has had no room for {seconds:g} s: {work} needs {words}.',
                           'Ask for fewer workers or GPUs (?workers=1&gpus=0), wait for other jobs to end, or add machines; the same command goes on.')
        if not told:
            tell('notice', text=f'Waiting for the cluster: {work} needs {words}.')
        told = True
        time.sleep(2)
