/**
 * @file The rows that each bench gives to the table of docs/performance.md: ours, the peer, how many times as fast ours is, and the target with
 * whether it is met. Reads saved reports, of which it checks what it uses. Targets stand here and nowhere else.
 */

import { z } from 'zod'
import { parseWith } from '../src/base/index.js'
import { between } from './report.js'

/** One line of the table, as text. */
export interface Row {
  readonly what: string
  readonly ours: string
  readonly peer: string
  /** The peer's seconds over ours, with the range over turns; empty where they do not compare. */
  readonly ratio: string
  readonly target: string
}

const spread = z.object({ median: z.number(), min: z.number(), max: z.number() })
const measured = z.object({ name: z.string(), seconds: spread, ratio: spread.optional() })
const passes = z.object({
  bench: z.string(),
  threads: z.number(),
  tokens: z.number(),
  gemmGflops: spread,
  shareOfPeak: z.number(),
  measured: z.array(measured).min(1),
})
const latency = z.object({ p99: spread, processorP99: spread })

/** How the rows of each bench are made from its saved report. */
const rowsOf: Readonly<Record<string, (report: unknown, where: string) => Row[]>> = {
  'lora-step': (report, where) => passRows(parseWith(passes, report, where), { 'PyTorch + PEFT': 2 }, 0.85),
  'listwise-step': (report, where) =>
    passRows(
      parseWith(passes, report, where),
      { 'PyTorch + PEFT, same tree': 2, 'PyTorch + PEFT, batch of 20': 10 },
      0.85,
    ),
  scoring: (report, where) =>
    passRows(parseWith(passes, report, where), {
      'transformers, prefix cache + batch': 1.5,
      'transformers, one by one': 5,
    }),
  memory(report, where) {
    const schema = z.object({
      tokens: z.number(),
      variants: z.array(z.object({ name: z.string(), peakMegabytes: z.number(), stepSeconds: z.number() })),
    })
    const { tokens, variants } = parseWith(schema, report, where)
    return variants.map(({ name, peakMegabytes, stepSeconds }, i) => ({
      ...bare(`memory, ${count(tokens)} tokens, ${name}`, `${count(peakMegabytes)} MB, a step ${seconds(stepSeconds)}`),
      target: i === 0 && tokens === 512 ? verdict('under 1,500 MB', peakMegabytes < 1500) : '',
    }))
  },
  prepare(report, where) {
    const schema = z.object({
      sizes: z.array(
        z.object({
          interactions: z.number(),
          measured: z.array(measured.extend({ peakMegabytes: z.number() })).min(1),
        }),
      ),
    })
    return parseWith(schema, report, where).sizes.flatMap(({ interactions, measured: [ours, ...peers] }) => {
      const told = ({ seconds, peakMegabytes }: NonNullable<typeof ours>) =>
        `${between(seconds, 2)} s, ${count(peakMegabytes)} MB`
      const row = bare(`prepare, ${count(interactions)} interactions`, told(ours!))
      const met = ours!.seconds.median < 30 && ours!.peakMegabytes < 2000
      const target = interactions === 25_000_000 ? verdict('under 30 s and 2,000 MB', met) : ''
      if (peers.length === 0) return [{ ...row, target }]
      return peers.map((peer) => ({
        ...row,
        peer: `${peer.name} ${told(peer)}`,
        ratio: peer.ratio ? between(peer.ratio, 2) : '',
        target,
      }))
    })
  },
  recommend(report, where) {
    const schema = z.object({ users: z.number(), candidates: z.number(), firstSeconds: z.number(), seconds: spread })
    const { users, candidates, firstSeconds, seconds: each } = parseWith(schema, report, where)
    const ours = `${between(each, 3)} s; the first ${seconds(firstSeconds)}`
    return [
      {
        ...bare(`recommend, ${users} users, ${candidates} candidates`, ours),
        target: verdict('under 1 s', each.median < 1),
      },
    ]
  },
  retrieval(report, where) {
    const contender = z.object({
      name: z.string(),
      buildSeconds: z.number(),
      megabytes: z.number(),
      query: latency,
      recallAt10: z.number(),
    })
    const schema = z.object({
      sizes: z.array(z.object({ users: z.number(), contenders: z.array(contender).min(1), append: latency })),
    })
    return parseWith(schema, report, where).sizes.flatMap(({ users, contenders, append }) => {
      const [ours, ...peers] = contenders
      const row = (what: string, tell: (one: z.infer<typeof contender>) => string, wanted: string, met: boolean) => ({
        ...bare(`retrieval, ${count(users)} users: ${what}`, tell(ours!)),
        peer: peers.map((peer) => `${peer.name} ${tell(peer)}`).join('; '),
        target: users === 1_000_000 ? verdict(wanted, met) : '',
      })
      const { recallAt10, query, buildSeconds } = ours!
      return [
        row('recall@10', (one) => one.recallAt10.toFixed(3), 'at least .98', recallAt10 >= 0.98),
        row('99 % under', (one) => slowest(one.query), 'under 5 ms', query.p99.median < 5),
        row(
          'build',
          (one) => `${one.buildSeconds.toFixed(1)} s, ${count(one.megabytes)} MB`,
          'under 180 s',
          buildSeconds < 180,
        ),
        {
          ...row('new event, 99 % under', () => slowest(append), 'under 1 ms', append.p99.median < 1),
          peer: '',
        },
      ]
    })
  },
  regression(report, where) {
    const schema = z.object({
      threads: z.number(),
      workloads: z.array(
        z.object({ workload: z.string(), tokens: z.number(), measured: z.tuple([measured, measured]) }),
      ),
    })
    const { threads, workloads } = parseWith(schema, report, where)
    return workloads.map(({ workload, tokens, measured: [ours, other] }) => ({
      ...bare(`regression, ${workload}, ${passName(tokens, threads)}`, `${between(ours.seconds, 3)} s`),
      peer: `${other.name} ${seconds(other.seconds.median)}`,
      ratio: other.ratio ? between(other.ratio, 2) : '',
    }))
  },
}

/** The rows of a saved report of the named bench; undefined for a name that is none. @throws AdaptRecError `usage` for another shape. */
export function tableRows(bench: string, report: unknown, where: string): Row[] | undefined {
  return rowsOf[bench]?.(report, where)
}

/** A bench of passes through the model: a row for each way of ours, with its peers at the first, and one for the share of the peak. */
function passRows(
  { bench, threads, tokens, gemmGflops, shareOfPeak, measured }: z.infer<typeof passes>,
  targets: Readonly<Record<string, number>>,
  share?: number,
): Row[] {
  const what = `${bench}, ${passName(tokens, threads)}`
  const [first, ...others] = measured
  const own = `${between(first!.seconds, 3)} s`
  const rows = others.map(({ name, seconds: taken, ratio }) => {
    if (name.startsWith('adaptrec')) return bare(`${what}${name.slice('adaptrec'.length)}`, `${between(taken, 3)} s`)
    const wanted = targets[name] ?? (name.startsWith('llama.cpp') ? 2 : undefined)
    return {
      ...bare(what, own),
      peer: `${name} ${seconds(taken.median)}`,
      ratio: ratio ? between(ratio, 2) : '',
      target: wanted && ratio ? verdict(`${wanted} times`, ratio.median >= wanted) : '',
    }
  })
  const peak = `${Math.round(100 * shareOfPeak)} % of ${gemmGflops.max.toFixed(0)} GFLOPS`
  return [
    {
      ...bare(what, `${own}, ${peak}`),
      target: share ? verdict(`${100 * share} % of the peak`, shareOfPeak >= share) : '',
    },
    ...rows,
  ]
}

function bare(what: string, ours: string): Row {
  return { what, ours, peer: '', ratio: '', target: '' }
}

/** By the clock, and by the processor, which does not count waiting for other programs. */
function slowest({ p99, processorP99 }: z.infer<typeof latency>): string {
  return `${between(p99, 2)} ms (CPU ${processorP99.median.toFixed(2)})`
}

function passName(tokens: number, threads: number): string {
  return `${count(tokens)} tokens, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
}

function verdict(wanted: string, met: boolean): string {
  return `${wanted}: ${met ? 'met' : 'missed'}`
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function seconds(value: number): string {
  return `${value.toFixed(3)} s`
}
