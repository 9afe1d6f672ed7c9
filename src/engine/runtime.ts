/**
 * @file Opens sessions of ONNX Runtime on an emitted model, checks and runs feeds, frees what is native; but for the threads of
 * `session-threads.ts` nothing else talks to it. Knows no operation. Sessions hold the frozen tensors themselves.
 */

import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { AdaptRecError, denormalsAreFlushed, messageOf } from '../base/index.js'
import { showShape } from './dims.js'
import { emitModel } from './emit.js'
import { bindLengths, listed } from './feeds.js'
import type { Value } from './graph.js'
import { inModelFolder, type KeptModels } from './model-folder.js'
import { openSessionThreads, type Session } from './session-threads.js'
import type { Tensor, TensorData } from './tensor.js'
import { verify } from './verify.js'

/** Where a program runs; 'auto' takes the first of cuda, webgpu and cpu that this machine has. */
export type Device = 'cpu' | 'webgpu' | 'cuda' | 'auto'

export interface CompileOptions {
  /** Threads that compute; default: the number of cores. */
  readonly threads?: number | undefined
  /**
   * Passes that can be computed at once, which share the threads; each has a session in a thread of its own, and all that a session takes of
   * memory. Default 1: a pass has all threads, and the caller’s thread computes.
   */
  readonly sessions?: number | undefined
  /** Whether one session, too, has a thread of its own, so that the caller’s stays free while it computes: for a service. Default false. */
  readonly background?: boolean | undefined
  /** Default 'cpu'. */
  readonly device?: Device
  /** Path prefix of a profile that the runtime writes when the program is disposed. */
  readonly profile?: string
  /** Keeps what is written for the runtime, so that the same graph opens faster again. Default: nothing is kept. */
  readonly kept?: KeptModels | undefined
}

/** A compiled graph. Dispose it: its memory is native. */
export interface Program {
  /** Number of ONNX nodes before the runtime's own fusions. */
  readonly nodeCount: number
  /** Computes the outputs, or gives back only those `wanted`. @throws AdaptRecError `engine` for feeds that do not fit, listing their shapes. */
  run(feeds: Readonly<Record<string, Tensor>>, wanted?: readonly string[]): Promise<Record<string, Tensor>>
  dispose(): Promise<void>
}

/**
 * Compiles the part of a graph that the named outputs need. @throws AdaptRecError `engine` when the runtime refuses it, `storage` where the
 * temporary folder has no room for its frozen tensors.
 */
export async function compile(
  outputs: Readonly<Record<string, Value>>,
  options: CompileOptions = {},
): Promise<Program> {
  for (const value of Object.values(outputs).slice(0, 1)) verify(value.graph)
  const emitted = emitModel(outputs)
  const { signature, outputNames, nodeCount } = emitted
  const { inputs } = signature
  let session: Session
  try {
    session = await inModelFolder(emitted, (path) => openSession(path, options), options.kept)
  } catch (cause) {
    if (cause instanceof AdaptRecError) throw cause
    throw new AdaptRecError('engine', `ONNX Runtime refused the graph (${nodeCount} nodes): ${messageOf(cause)}`, {
      cause,
      hint: 'Print the graph and look at the named node; `adaptrec doctor` lists the devices that work here.',
    })
  }
  return {
    nodeCount,
    async run(feeds, wanted = Object.keys(outputNames)) {
      bindLengths(signature, feeds)
      const fetches = [...new Set(wanted.map((key) => outputNameOf(key, outputNames)))]
      try {
        const given = Object.fromEntries(inputs.map(({ name }) => [name, feeds[name]!]))
        const results = await session.run(given, fetches)
        return Object.fromEntries(wanted.map((key) => [key, results[outputNames[key]!]!]))
      } catch (cause) {
        const shapes = inputs.map(({ name }) => `${name} ${showShape(feeds[name]!.dims)}`)
        throw new AdaptRecError('engine', `The run failed: ${messageOf(cause)}; fed ${listed(shapes)}.`, {
          cause,
          hint: 'Check ids against the sizes of their tables, and the lengths of the feeds.',
        })
      }
    },
    dispose: () => session.release(),
  }
}

function outputNameOf(key: string, outputNames: Readonly<Record<string, string>>): string {
  const name = outputNames[key]
  if (name !== undefined) return name
  throw new AdaptRecError('engine', `'${key}' is no output of this program.`, {
    hint: `Ask for some of ${Object.keys(outputNames).join(', ')}.`,
  })
}

/** The devices that ONNX Runtime can use in this process. CUDA counts only where its library stands beside the runtime's own. */
export function availableDevices(): Exclude<Device, 'auto'>[] {
  const names = ort
    .listSupportedBackends()
    .filter(({ name, bundled }) => bundled || (name === 'cuda' && hasCudaLibrary()))
    .map(({ name }) => name)
  return (['cuda', 'webgpu', 'cpu'] as const).filter((device) => names.includes(device))
}

/** The package leaves out the CUDA library, which is too large for it; its install script fetches it, unless an empty file says that it did. */
function hasCudaLibrary(): boolean {
  const require = createRequire(import.meta.url)
  const folder = join(dirname(require.resolve('onnxruntime-node/package.json')), 'bin', 'napi-v6')
  const library = process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so'
  const found = statSync(join(folder, process.platform, process.arch, library), { throwIfNoEntry: false })
  return found !== undefined && found.size > 0
}

/**
 * How long an idle thread spins before it sleeps: as long as the small steps that one thread takes alone between two products. With
 * the runtime's default it spins on, and where other processes need the cores too, it takes them from the thread that it waits for.
 */
const SPIN_MICROSECONDS = '50'

/** Makes a product and the sum that follows one `Gemm`, which copies the other term on one thread first and so takes longer than both. */
const SLOW_FUSION = 'MatMulAddFusion'

/** Opens the model of a file in this thread, or as many times as wanted in others. */
async function openSession(path: string, options: CompileOptions): Promise<Session> {
  const { threads = availableParallelism(), sessions = 1, background = false } = options
  const count = Math.min(sessions, threads)
  if (count > 1 || background)
    return openSessionThreads(path, sessionOptions(options, Math.floor(threads / count)), count)
  const session = await ort.InferenceSession.create(path, sessionOptions(options, threads))
  return {
    async run(feeds, fetches) {
      const native = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, toNative(value)]))
      const results = await session.run(native, fetches)
      return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, fromNative(value)]))
    },
    release: () => session.release(),
  }
}

/** @param threads inside an operation. */
function sessionOptions(
  { device = 'cpu', profile }: CompileOptions,
  threads: number,
): ort.InferenceSession.SessionOptions {
  const chosen = device === 'auto' ? availableDevices()[0]! : device
  if (!availableDevices().includes(chosen)) {
    throw new AdaptRecError('usage', `This machine has no device '${chosen}', only ${availableDevices().join(', ')}.`, {
      hint: "Use device 'cpu' or 'auto'.",
    })
  }
  return {
    executionProviders: chosen === 'cpu' ? ['cpu'] : [chosen, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableMemPattern: false, // a plan for each length costs memory and gains no time
    logSeverityLevel: 4,
    extra: {
      session: {
        intra_op: { spin_duration_us: SPIN_MICROSECONDS },
        set_denormal_as_zero: denormalsAreFlushed() ? '1' : '0',
      },
      optimization: { disable_specified_optimizers: SLOW_FUSION },
    },
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
  }
}

function toNative({ dtype, data, dims }: Tensor): ort.Tensor {
  return new ort.Tensor(dtype, data, dims)
}

function fromNative(value: ort.Tensor): Tensor {
  return { dtype: value.type as Tensor['dtype'], dims: value.dims, data: value.data as TensorData }
}
