/**
 * @file Training and scoring of the working tree against another commit's, which is built in a temporary git worktree: both in processes of
 * their own, in alternating turns of one run. The workloads are the working tree's for both. Finds ratios and judges none of them.
 */

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { AdaptRecError, messageOf } from '../src/base/index.js'
import type { WorkloadOptions } from '../src/model/index.js'
import { compareInTurns, type Measured } from './comparison.js'
import type { BenchOptions } from './options.js'
import { PeerProcess } from './peer-process.js'
import { showMeasured } from './report.js'
import { commitNow } from './stamp.js'
import { modelPath } from './task.js'

/** What a contender is told. */
export interface RegressionTask extends WorkloadOptions {
  readonly workload: 'lora-step' | 'scoring'
  readonly model: string
  readonly objective: BenchOptions['objective']
}

export interface RegressionReport {
  readonly bench: 'regression'
  /** Short hashes; ours may carry changes that are not committed. */
  readonly commits: { readonly ours: string; readonly against: string }
  readonly repeats: number
  readonly workloads: readonly {
    readonly workload: RegressionTask['workload']
    readonly tokens: number
    /** Ratios are the other commit's seconds over ours: above 1 where ours is faster. */
    readonly measured: readonly Measured[]
    /** The largest difference of results, nats. */
    readonly difference: number
  }[]
}

/** What the other commit's tree gets of ours, so that both measure the same. */
const laidOver = ['bench/regression-contender.ts', 'src/model/workloads.ts', 'src/model/operations.ts']

/** Runs the bench in the repository root. @throws AdaptRecError `usage` for a commit that is none, or that cannot be built or measured. */
export async function regression(options: BenchOptions): Promise<RegressionReport> {
  const { threads, objective, repeats } = options
  const model = resolve(await modelPath(options))
  const against = git('rev-parse', '--verify', '--short', `${options.against}^{commit}`)
  const ours = commitNow()
  // Ctrl-C reaches the contenders too: they end, the run fails, and what is temporary is removed.
  process.once('SIGINT', () => undefined)
  const folder = mkdtempSync(join(tmpdir(), 'adaptrec-regression-'))
  const other = join(folder, against)
  try {
    build(other, against)
    const workloads: RegressionReport['workloads'][number][] = []
    for (const workload of ['lora-step', 'scoring'] as const) {
      const task = { workload, model, objective, threads, promptTokens: options.tokens }
      const sides = [
        { name: `ours (${ours})`, root: '.' },
        { name: options.against === against ? against : `${options.against} (${against})`, root: other },
      ]
      workloads.push({ workload, ...(await compare(sides, task, repeats)) })
    }
    return { bench: 'regression', commits: { ours, against }, repeats, workloads }
  } finally {
    rmSync(folder, { recursive: true, force: true })
    git('worktree', 'prune')
  }
}

/** The report as text. */
export function showRegression({ repeats, workloads }: RegressionReport): string {
  const parts = workloads.map(
    ({ workload, tokens, measured, difference }) =>
      `${workload}: ${tokens} tokens, results differ by ${difference.toExponential(1)}\n${showMeasured(measured, tokens)}`,
  )
  return [`regression: ${repeats} turns`, ...parts].join('\n\n')
}

/** The other commit's tree with our contender in it, compiled against the packages that are installed here. */
function build(tree: string, commit: string): void {
  git('worktree', 'add', '--detach', '--quiet', tree, commit)
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'), 'junction')
  for (const file of laidOver) cpSync(file, join(tree, file))
  const compiler = resolve('node_modules/typescript/bin/tsc')
  run(process.execPath, [compiler, '-p', 'tsconfig.bench.json', '--noCheck'], tree)
}

async function compare(
  sides: readonly { readonly name: string; readonly root: string }[],
  task: RegressionTask,
  repeats: number,
) {
  const peers: PeerProcess[] = []
  const results: number[][] = []
  try {
    for (const { root } of sides) {
      const script = join(root, 'dist-bench/bench/regression-contender.js')
      const hint = 'The commit may be too old for the workloads of today: give --against a younger one.'
      peers.push(await PeerProcess.start([process.execPath, script], task, hint))
    }
    const contenders = sides.map(({ name }, i) => ({
      name,
      run: async () => {
        const { seconds, results: found } = await peers[i]!.run(task.workload)
        results[i] = found as number[]
        return seconds
      },
    }))
    const measured = await compareInTurns(contenders, repeats)
    const difference = Math.max(...results[0]!.map((value, i) => Math.abs(value - results[1]![i]!)))
    return { tokens: Number(peers[0]!.about.tokens), measured, difference }
  } finally {
    for (const peer of peers) peer.end()
  }
}

function git(...args: readonly string[]): string {
  return run('git', args)
}

function run(command: string, args: readonly string[], cwd = '.'): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  } catch (cause) {
    throw new AdaptRecError('usage', messageOf(cause), {
      hint: 'Run the bench in a git clone, and give --against a commit that can be built, like HEAD^.',
      cause,
    })
  }
}
