/** @file `npm run bench -- NAME [options]`: runs one bench and prints what it found. Each bench is a file with one export. */

import { AdaptRecError } from '../src/base/index.js'
import { type BenchOptions, readOptions } from './options.js'
import { type BenchReport, showReport } from './report.js'

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<BenchReport>>> = {
  'lora-step': async (options) => (await import('./lora-step.js')).loraStep(options),
  scoring: async (options) => (await import('./scoring.js')).scoring(options),
}

const help = `npm run bench -- NAME [options]

  lora-step            one LoRA training step against PyTorch + PEFT
  scoring              20 candidates behind one prompt against transformers

  --objective NAME     lora-step: next-token (default) or listwise
  --tokens N           prompt tokens
  --threads N          threads of all contenders (default: all)
  --repeats N          turns after one warm-up (default 5)
  --model PATH         a GGUF file (default: ADAPTREC_MODEL, else SmolLM2-135M-Instruct, fetched on first use)
  --python PATH        Python with PyTorch, transformers and PEFT (default: ADAPTREC_PYTHON); see bench/peer/requirements.txt
  --no-peer            ours alone
  --json               JSON only
`

try {
  const { name, options } = readOptions(process.argv.slice(2))
  const bench = benches[name ?? '']
  if (bench) {
    const report = await bench(options)
    process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : `${showReport(report)}\n`)
  } else {
    process.stderr.write(help)
    process.exitCode = 2
  }
} catch (error) {
  if (!(error instanceof AdaptRecError)) throw error
  process.stderr.write(`${error.message}\n${error.hint ?? ''}\n`)
  process.exitCode = error.code === 'usage' ? 2 : 1
}
