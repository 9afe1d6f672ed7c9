/** @file The layers of ARCHITECTURE.md as rules: who may import whom, no circles, one face per folder, third parties in quarantine. */

/** Each folder and what it may import besides itself. */
const layers = {
  base: [],
  engine: ['base'],
  data: ['base'],
  store: ['base', 'data', 'engine'],
  model: ['base', 'engine'],
  prompt: ['base', 'data'],
}
const method = ['base', 'engine', 'data', 'store', 'model', 'prompt']
layers.retrieval = method
layers.selection = [...method, 'retrieval']
layers.recommender = [...method, 'retrieval', 'selection']
for (const top of ['training', 'evaluation', 'serving']) layers[top] = [...layers.recommender, 'recommender']
layers.experiment = [...layers.training, 'training', 'evaluation']
layers.cli = [...layers.experiment, 'experiment', 'serving']

/** Packages that only the named places may import. */
const quarantine = {
  'onnxruntime-(node|common)': '^src/engine/(runtime|session-thread)[.]',
  '@duckdb/': '^src/(data|store)/',
  '(commander|@clack/prompts)': '^src/cli/',
  '(fastify|@fastify/)': '^src/serving/',
  '(pg|libsql|@electric-sql/)': '^src/store/',
  '(linkedom|@observablehq/plot)': '^src/evaluation/',
  '@huggingface/tokenizers': '^src/model/',
  '@huggingface/jinja': '^src/(model|prompt)/',
  usearch: '^src/retrieval/native-index',
  yauzl: '^src/store/',
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
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: `^src/(${[folder, ...allowed].join('|')})/` },
    })),
    ...Object.entries(quarantine).map(([name, place]) => ({
      name: `quarantine-${name.replace(/[^a-z]+/g, '-')}`,
      severity: 'error',
      from: { path: '^src/', pathNot: [place, '\\.test\\.ts$'] },
      to: { path: `^node_modules/${name}` },
    })),
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
