/** @file `npm run bench -- NAME [options]`: runs one bench and prints what it found. Each bench is a file with one export. */

import { join } from 'node:path'
import { AdaptRecError, flushDenormals, writeJsonAtomic } from '../src/base/index.js'
import { type BenchOptions, readOptions } from './options.js'
import { type BenchReport, showReport } from './report.js'
import { stampOf } from './stamp.js'
import { benchTable } from './table.js'

/** What a bench found, for programs and for people. */
interface Found {
  readonly report: { readonly bench: string }
  readonly text: string
}

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<Found>>> = {
  'lora-step': async (options) => shown(await (await import('./lora-step.js')).loraStep(options, 'next-token')),
  'listwise-step': async (options) => shown(await (await import('./lora-step.js')).loraStep(options, 'listwise')),
  scoring: async (options) => shown(await (await import('./scoring.js')).scoring(options)),
  prepare: async (options) => {
    const { prepare, showPrepare } = await import('./prepare.js')
    return found(await prepare(options), showPrepare)
  },
  memory: async (options) => {
    const { memory, showMemory } = await import('./memory.js')
    return found(await memory(options), showMemory)
  },
  recommend: async (options) => {
    const { recommendWarm, showRecommend } = await import('./recommend.js')
    return found(await recommendWarm(options), showRecommend)
  },
  service: async (options) => {
    const { service, showService } = await import('./service.js')
    return found(await service(options), showService)
  },
  regression: async (options) => {
    const { regression, showRegression } = await import('./regression.js')
    return found(await regression(options), showRegression)
  },
  retrieval: async (options) => {
    const { retrieval, showRetrieval } = await import('./retrieval.js')
    return found(await retrieval(options), showRetrieval)
  },
  retriever: async (options) => {
    const { retriever, showRetriever } = await import('./retriever.js')
    return found(await retriever(options), showRetriever)
  },
}

function shown(report: BenchReport): Found {
  return found(report, showReport)
}

function found<R extends { readonly bench: string }>(report: R, show: (report: R) => string): Found {
  return { report, text: show(report) }
}

const HELP = `npm run bench -- NAME [options]

  lora-step            one LoRA training step on a sequence against PyTorch + PEFT
  listwise-step        one on 20 candidates as a tree against PyTorch + PEFT, same tree and batch of 20
  scoring              20 candidates behind one prompt against transformers and llama.cpp
  prepare              1, 5 and 25 million ratings read, ordered, split and given candidates against pandas
  retrieval            the 10 nearest of 10^4, 10^5 and 10^6 users by all metrics, against the exact answer
  retriever            phase 1 itself among 10^4, 10^5 and 10^6 users: build, peak memory, retrieval and new events
  memory               what a training session holds at most, with checkpoints and without
  recommend            recommendations from an open run, one user after the other
  service              the live service over HTTP, on a store filled from a run, with requests at random times
  regression           lora-step and scoring of the working tree against those of another commit
  table FILE|FOLDER... the table of docs/performance.md from saved reports

  --run FOLDER         recommend, service: a trained run (default runs/quickstart)
  --against COMMIT     regression: the other commit (default HEAD^, the parent)
  --objective NAME     regression: next-token (default) or listwise
  --tokens N           prompt tokens
  --interactions N     prepare: this size alone
  --users N            retrieval, retriever: this size alone; service: so many made-up users in the place of the run's
  --threads N          threads of all contenders (default: all)
  --repeats N          turns after one warm-up (default 5)
  --model PATH         a GGUF file (default: ADAPTREC_MODEL, else SmolLM2-135M-Instruct, fetched on first use)
  --python PATH        Python with the packages of bench/peer/requirements.txt (default: ADAPTREC_PYTHON)
  --llama-cpp FOLDER   scoring: node-llama-cpp installed there, by npm install --prefix FOLDER --ignore-scripts --omit=optional
                       node-llama-cpp@3 @node-llama-cpp/linux-x64@3 (or your platform's package)
  --rows N             scoring: real rows on which rankings are compared with ours in float32 (default 12)
  --hnswlib            retrieval: beside hnswlib, too; Python with the packages of bench/peer/requirements-retrieval.txt
  --postgres URL       retrieval: beside pgvector in this database, too; Python as above
  --no-peer            without the Python peers, whichever are asked for
  --json               JSON only
  --save FOLDER        keep the JSON in this folder, too, for the table
`

flushDenormals() // as the command line does
try {
  const args = process.argv.slice(2)
  const { name, files, options } = readOptions(args)
  const bench = benches[name ?? '']
  if (name === 'table') {
    process.stdout.write(`${benchTable(files)}\n`)
  } else if (bench) {
    const { report, text } = await bench(options)
    const stamp = stampOf(args, options.threads)
    const stamped = { ...report, ...stamp }
    if (options.save !== undefined) {
      const file = `${report.bench}-${stamp.date.slice(0, 19).replaceAll(':', '-')}.json`
      writeJsonAtomic(join(options.save, file), stamped)
    }
    const { processor, cores, node } = stamp.machine
    const where = `commit ${stamp.commit}, ${processor}, cores ${cores}, threads ${stamp.threads}, node ${node}`
    process.stdout.write(`${options.json ? JSON.stringify(stamped, null, 2) : `${text}\n${where}`}\n`)
  } else {
    process.stderr.write(HELP)
    process.exitCode = 2
  }
} catch (error) {
  if (!(error instanceof AdaptRecError)) throw error
  process.stderr.write(`${error.message}\n${error.hint ?? ''}\n`)
  process.exitCode = error.code === 'usage' ? 2 : 1
}
