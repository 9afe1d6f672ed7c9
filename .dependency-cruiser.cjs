/** @file The layers of ARCHITECTURE.md as rules: who may import whom, no circles, one face per folder, third parties in quarantine. */

/** Each folder and what it may import besides itself: the table of ARCHITECTURE.md. */
const layers = {
  base: [],
  engine: ['base'],
  formats: ['base'],
  data: ['base', 'formats'],
  prompt: ['base'],
  evaluation: ['base'],
  artifacts: ['base'],
  assets: ['base'],
  cluster: ['base'],
  training: ['base', 'formats', 'cluster'],
  model: ['base', 'engine', 'formats'],
  sequence: ['base', 'engine', 'formats', 'training'],
  retrieval: ['base', 'data', 'sequence'],
  selection: ['base', 'prompt', 'retrieval', 'model'],
  report: ['base', 'evaluation'],
}
layers.recommender = ['base', 'prompt', 'model', 'sequence', 'retrieval', 'selection', 'data', 'artifacts']
layers.methods = [...layers.recommender, 'recommender', 'training', 'evaluation']
layers.store = ['base', 'formats', 'data']
layers.serving = [...layers.recommender, 'recommender', 'formats', 'store', 'assets', 'report', 'experiment', 'cluster']
layers.experiment = [...layers.methods, 'methods', 'assets', 'report']
layers.studies = [...layers.experiment, 'experiment']
layers.interchange = [...layers.recommender, 'recommender', 'formats', 'serving']
layers.cli = [...layers.experiment, 'experiment', 'serving', 'store', 'studies', 'interchange', 'engine', 'formats']

/** Packages that only the named places may import. */
const quarantine = {
  'onnxruntime-(node|common)': '^src/engine/(runtime|session-thread)[.]',
  '@duckdb/': '^src/(formats|data/tables)/',
  '(commander|@clack/prompts)': '^src/cli/',
  '(linkedom|@observablehq/plot)': '^src/report/',
  '@huggingface/tokenizers': '^src/model/',
  cockatiel: '^src/model/remote/',
  '@huggingface/jinja': '^src/(model|prompt)/',
  usearch: '^src/retrieval/search/native-index',
  yauzl: '^src/assets/',
  '(libsql|pg)/': '^src/store/',
  '(fastify|@fastify|fastify-type-provider-zod|prom-client)': '^src/serving/http/',
}

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'one-face',
      comment: 'Another folder is imported through its index.ts only.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/[^/]+/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'] },
    },
    ...Object.entries(layers).map(([folder, allowed]) => ({
      name: `layer-${folder}`,
      severity: 'error',
      from: { path: `^src/${folder}/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: `^src/(${[folder, ...allowed].join('|')})/` },
    })),
    ...Object.entries(quarantine).map(([name, place]) => ({
      name: `quarantine-${name.replace(/[^a-z]+/g, '-')}`,
      severity: 'error',
      from: { path: '^src/', pathNot: [place, '\\.test\\.ts$'] },
      to: { path: `^node_modules/${name}` },
    })),
    {
      name: 'serving-knows-settings-alone',
      comment: 'Of experiments, serving asks whether settings are right, where a training is asked for.',
      severity: 'error',
      from: { path: '^src/serving/', pathNot: ['^src/serving/service/jobs/training-settings\\.ts$', '\\.test\\.ts$'] },
      to: { path: '^src/experiment/' },
    },
    {
      name: 'command-line-starts-light',
      comment:
        'What `adaptrec --help` loads is cli, base and commander: other folders and packages are imported where a command runs.',
      severity: 'error',
      from: { path: '^src/(cli|base)/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^src/|(^|/)node_modules/',
        pathNot: '^src/(cli|base)/|(^|/)node_modules/(commander|@types/node)/',
        dependencyTypesNot: ['dynamic-import', 'type-only', 'type-import'],
      },
    },
    {
      name: 'source-stands-alone',
      comment: 'What is shipped imports neither tests nor benches nor development packages.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: ['^(test|bench|scripts)/', '\\.test\\.ts$'] },
    },
    {
      name: 'no-development-packages',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
