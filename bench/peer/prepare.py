"""Ratings read, ordered, split and given candidates by pandas and NumPy, for bench/prepare.ts.

Reads a task as one JSON line, answers with its versions, then prepares the task's folder at a line and answers {"seconds",
"cpuSeconds", "peakMegabytes", "stages", "lists"}. The same work as ours: rows in order of user and time, ties in file order; leave-one-out; for the
last three items of each user 19 negatives that the user never had. Run by: npm run bench -- prepare --python PATH
"""
import json, resource, sys, time
task = json.loads(sys.stdin.readline())
import numpy as np, pandas as pd


def read(folder):
    types = {'userId': 'int32', 'movieId': 'int32', 'rating': 'float32', 'timestamp': 'int64'}
    ratings = pd.read_csv(f'{folder}/ratings.csv', dtype=types)
    pd.read_csv(f'{folder}/movies.csv')
    return ratings.sort_values(['userId', 'timestamp'], kind='stable', ignore_index=True)


def split(ratings):
    """(owner, item) of the last three positions of users with at least five, and all (N) users and items as indices."""
    users, _ = pd.factorize(ratings['userId'])
    items, _ = pd.factorize(ratings['movieId'])
    lengths = np.bincount(users)
    ends = np.cumsum(lengths)
    kept = np.flatnonzero(lengths >= 5)
    rows = np.concatenate([ends[kept] - back for back in (3, 2, 1)])
    return users, items, rows


def candidates(users, items, rows, negatives=19):
    """(R, negatives + 1) lists: the target at a random place among items that the user never had."""
    pool = items.max() + 1
    owned = np.sort(users * pool + items)
    owner = users[rows]
    random = np.random.default_rng(0)
    drawn = random.integers(pool, size=(len(rows), negatives))
    redraw = np.arange(len(rows))
    while len(redraw):
        keys = owner[redraw, None] * pool + drawn[redraw]
        found = owned[np.minimum(np.searchsorted(owned, keys), len(owned) - 1)] == keys
        ordered = np.sort(drawn[redraw], axis=1)
        redraw = redraw[found.any(axis=1) | (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)]
        drawn[redraw] = random.integers(pool, size=(len(redraw), negatives))
    lists = np.concatenate([items[rows][:, None], drawn], axis=1)
    places = random.integers(negatives + 1, size=len(rows))
    lists[np.arange(len(rows)), places], lists[:, 0] = lists[:, 0].copy(), lists[np.arange(len(rows)), places]
    return lists


print(json.dumps({'pandas': pd.__version__, 'numpy': np.__version__}), flush=True)
for line in sys.stdin:
    cpu = time.process_time()
    start = time.perf_counter()
    ratings = read(task['folder'])
    ordered = time.perf_counter()
    parts = split(ratings)
    cut = time.perf_counter()
    lists = candidates(*parts)
    end = time.perf_counter()
    print(json.dumps({
        'seconds': end - start,
        'cpuSeconds': time.process_time() - cpu,
        'peakMegabytes': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        'stages': {'read': ordered - start, 'split': cut - ordered, 'candidates': end - cut},
        'lists': len(lists),
    }), flush=True)
