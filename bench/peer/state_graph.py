"""A graph over states by hnswlib or pgvector, for bench/state-graphs.ts.

Reads a task as one JSON line, builds the index and answers {"version", "buildSeconds", "megabytes"}; then for the number of a target at each
line {"seconds", "users"}, its nearest by cosine. pgvector fills a table of its own, which goes with the connection, in the database that the
task names; a query goes through the connection, as it would from any program. Run by: npm run bench -- retrieval --hnswlib --postgres URL
"""
import json, sys, time
task = json.loads(sys.stdin.readline())
import numpy as np

targets = np.asarray(task['targets'], dtype=np.float32)
states = np.fromfile(f"{task['folder']}/states.f32", dtype=np.float32).reshape(-1, targets.shape[1])
neighbours, construction_effort = 16, 128


def resident_megabytes():
    with open('/proc/self/statm') as statm:
        return int(statm.read().split()[1]) * 4096 / 2**20


def hnswlib_index():
    import hnswlib
    from importlib.metadata import version
    index = hnswlib.Index(space='cosine', dim=states.shape[1])
    start, before = time.perf_counter(), resident_megabytes()
    index.init_index(max_elements=len(states), M=neighbours, ef_construction=construction_effort)
    index.set_num_threads(task['threads'])
    index.add_items(states)
    cost = {'buildSeconds': time.perf_counter() - start, 'megabytes': resident_megabytes() - before}
    index.set_ef(task['pool'])
    index.set_num_threads(1)
    return version('hnswlib'), cost, lambda target: index.knn_query(target, k=task['pool'])[0][0]


def pgvector_index():
    import psycopg
    connection = psycopg.connect(task['postgres'], autocommit=True)
    def value(query):
        return connection.execute(query).fetchone()[0]
    literal = lambda state: '[' + ','.join(f'{x:.6g}' for x in state) + ']'
    connection.execute('create extension if not exists vector')
    connection.execute(f'create temporary table states (id integer, state vector({states.shape[1]}))')
    with connection.cursor().copy('copy states from stdin') as copy:
        for i, state in enumerate(states):
            copy.write_row((i, literal(state)))
    for setting in ("maintenance_work_mem = '2GB'", f"max_parallel_maintenance_workers = {task['threads']}",
                    f"hnsw.ef_search = {task['pool']}", 'max_parallel_workers_per_gather = 0', 'enable_seqscan = off'):
        connection.execute(f'set {setting}')
    start = time.perf_counter()  # the index alone
    connection.execute(f'create index nearest on states using hnsw (state vector_cosine_ops) with (m = {neighbours}, ef_construction = {construction_effort})')
    cost = {'buildSeconds': time.perf_counter() - start, 'megabytes': value("select pg_relation_size('nearest')") / 2**20}
    def nearest(target):
        rows = connection.execute(f"select id from states order by state <=> %s::vector limit {task['pool']}", (literal(target),))
        return [row[0] for row in rows]
    return value("select extversion from pg_extension where extname = 'vector'"), cost, nearest


version, cost, nearest = {'hnswlib': hnswlib_index, 'pgvector': pgvector_index}[task['library']]()
print(json.dumps({'version': version, **cost}), flush=True)
for line in sys.stdin:
    begun = time.perf_counter()
    users = nearest(targets[int(line)])
    seconds = time.perf_counter() - begun
    print(json.dumps({'seconds': seconds, 'users': [int(user) for user in users]}), flush=True)
