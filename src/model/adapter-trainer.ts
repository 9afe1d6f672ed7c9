/**
 * @file Gradients of an adapter: packs a micro-batch of examples into one row, runs the decoder forward and backward, and gives loss
 * and gradients. Holds the parameters; knows no optimiser, schedule or checkpoint, nor what the examples are about.
 */

import { AdaptRecError, createRandom } from '../base/index.js'
import {
  type CompileOptions,
  compile,
  floats,
  Graph,
  gradients,
  type Program,
  type Tensor,
  tensor,
  type Value,
} from '../engine/index.js'
import type { Answers } from './answers.js'
import { answerFeeds, decoderFeeds } from './decoder-feeds.js'
import { buildDecoder, type Precision, USUAL_ATTENTION_BLOCKS } from './llama.js'
import { type AdapterParameters, createLora, type LoraSettings, loraModules, type Parameter } from './lora.js'
import { answerLogProbabilities, type Objective, trainingLoss } from './objective.js'
import { createProjection, ITEM_VECTORS, itemShapeOf, softFeeds } from './soft-tokens.js'
import {
  type Fork,
  type ForkedTree,
  forkAtEnd,
  MASKED,
  type PackedRow,
  packForks,
  type TokenTree,
} from './token-tree.js'
import type { Weights } from './weights.js'

/** How good each of C answers is: a one-hot vector, or any distribution. */
export interface Goal {
  /** (C), sums to 1. */
  readonly target: Float32Array
  /** (C, F) row-major; needed where the trainer has features. */
  readonly features?: Float32Array
}

/** One prompt with its answers. */
export interface ListwiseExample extends Goal {
  readonly tree: TokenTree
}

/** A list with answers compared at several of its places, and its own entries learnt by next-token loss. */
export interface ListExample {
  readonly tree: ForkedTree
  /** Of each fork. One answer alone is compared with nothing. */
  readonly goals: readonly Goal[]
}

export type TrainingExample = ListwiseExample | ListExample

export interface AdapterTrainerSettings {
  readonly lora: LoraSettings
  /** Of what it is trained for; see `trainingLoss`. */
  readonly objective: Objective
  /** With `listwise`: how much the next-token loss of the lists' own entries counts beside a comparison. Default 0. */
  readonly listWeight?: number
  /** Divides summed log-probabilities in `listwise`, > 0. */
  readonly temperature: number
  /** F, the number of evidence features per branch; 0 for the language model alone. `next-token` trains none. */
  readonly featureCount: number
  /** (I, d) frozen vectors of items that may stand in a row as soft tokens; what projects them is trained. None without it. */
  readonly items?: Parameter | undefined
  /**
   * In which the frozen layers multiply, forward and back, default `float32`; with `int8` a step is 1.6 to 2 times as fast, its loss is
   * off by some hundredths of a nat, and its gradients point almost where the exact ones do. What is trained is scored in float32.
   */
  readonly precision?: Precision
  /** Keeps of the forward pass only what goes into each layer, and computes the rest again: less memory, up to half more time. Default false. */
  readonly gradientCheckpointing?: boolean
  /** Of the initial adapter. */
  readonly seed: number
}

export interface AdapterTrainerOptions extends CompileOptions {
  /** Continues from these parameters. */
  readonly initial?: AdapterParameters | undefined
  /** Normalises log-probabilities over these answers alone, of which every branch is one or several. */
  readonly answers?: Answers | undefined
  /** Into how many blocks of rows attention is cut, default `usualAttentionBlocks`; more for prompts of thousands of tokens. */
  readonly attentionBlocks?: number | undefined
}

/** What a training begins with that is fed to the graph; `initial` as in `AdapterTrainerOptions`. */
export type TrainingStart = Pick<AdapterTrainerSettings, 'objective' | 'temperature' | 'listWeight'> &
  Pick<AdapterTrainerOptions, 'initial'>

/** An adapter under training as its owner sees it, wherever its gradients are made. */
export interface AdapterInTraining {
  readonly settings: AdapterTrainerSettings
  /** See `AdapterTrainer.parameters`. */
  readonly parameters: ReadonlyMap<string, Parameter>
}

/**
 * An adapter before its first step, whose gradients are made elsewhere: the same parameters as `AdapterTrainer.create` begins from, and no session.
 * @throws AdaptRecError `usage` for impossible settings, `state` for parameters of other shapes.
 */
export function prepareAdapter(
  weights: Weights,
  settings: AdapterTrainerSettings,
  initial: AdapterParameters | undefined,
): AdapterInTraining {
  checkTemperature(settings)
  return { settings, parameters: initialParameters(weights, settings, initial) }
}

/** What dropout masks are a pure function of. */
export interface DropoutKey {
  readonly seed: number
  readonly epoch: number
  readonly step: number
  readonly microBatch: number
}

export interface StepGradients {
  /** Mean over what is compared, nats. */
  readonly loss: number
  /** Scores per fork, (C) each; with `next-token` empty. */
  readonly branchScores: readonly Float64Array[]
  /** By parameter name, in its shape; gradients of the mean loss. */
  readonly gradients: Map<string, Float32Array>
  /** Tokens fed. */
  readonly tokens: number
}

/** The session of a training graph, and what belongs to each of its runs. */
interface OpenGraph {
  readonly weights: Weights
  readonly program: Program
  /** Inputs for dropout masks. */
  readonly masks: readonly Value[]
  /** Fed at each run as they are. */
  readonly tables: Readonly<Record<string, Tensor>>
  readonly answers: Answers | undefined
  readonly attentionBlocks: number
}

/** An adapter under training. Dispose it: its session is native. */
export class AdapterTrainer implements AdapterInTraining {
  /** The live parameters: LoRA's and, with features, `evidence.weight` (F), 0 at the start. An optimiser writes into their data. */
  readonly parameters: ReadonlyMap<string, Parameter>
  /** The number of ONNX nodes, forward and backward. */
  readonly nodeCount: number
  #settings: AdapterTrainerSettings
  readonly #graph: OpenGraph

  private constructor(settings: AdapterTrainerSettings, parameters: ReadonlyMap<string, Parameter>, graph: OpenGraph) {
    this.#settings = settings
    this.parameters = parameters
    this.nodeCount = graph.program.nodeCount
    this.#graph = graph
  }

  /**
   * Builds and opens the training graph; all weights are read and held by the session.
   * @throws AdaptRecError `usage` for impossible settings, `state` for parameters of other shapes.
   */
  static async create(
    weights: Weights,
    settings: AdapterTrainerSettings,
    { initial, answers, attentionBlocks = USUAL_ATTENTION_BLOCKS, ...options }: AdapterTrainerOptions = {},
  ): Promise<AdapterTrainer> {
    const { lora, items, featureCount, precision, gradientCheckpointing } = settings
    checkTemperature(settings)
    const parameters = initialParameters(weights, settings, initial)
    const graph = new Graph()
    const soft = items && itemShapeOf(new Map([[ITEM_VECTORS, items]]))
    const decoder = buildDecoder(graph, weights, { lora, soft, training: true, precision, attentionBlocks })
    const logProbabilities = answerLogProbabilities(decoder, answers)
    const { loss, scores, evidenceWeight } = trainingLoss(logProbabilities, featureCount)
    const branch = decoder.lora!
    const targets = new Map([...branch.parameters, ...(decoder.soft?.parameters ?? [])])
    if (evidenceWeight) targets.set(evidenceWeight.name, evidenceWeight)
    const names = [...targets.keys()]
    const results = gradients(loss, [...targets.values()], gradientCheckpointing ? decoder.layerInputs : [])
    const outputs = Object.fromEntries(results.map((value, i) => [`gradient.${names[i]}`, value]))
    const program = await compile({ loss, scores, ...outputs }, options)
    const tables = Object.fromEntries([...decoder.tables].map(([name, read]) => [name, read()]))
    const masks = branch.masks()
    return new AdapterTrainer(settings, parameters, { weights, program, masks, tables, answers, attentionBlocks })
  }

  get settings(): AdapterTrainerSettings {
    return this.#settings
  }

  /**
   * Begins anew in the session that is open: all parameters as they would be after `create`. @throws AdaptRecError `usage` for an impossible
   * temperature, `state` for parameters of other shapes.
   */
  restart({ initial, ...changes }: TrainingStart): void {
    const settings = { ...this.#settings, ...changes }
    checkTemperature(settings)
    for (const [name, { data }] of initialParameters(this.#graph.weights, settings, initial))
      this.parameters.get(name)!.data.set(data)
    this.#settings = settings
  }

  /** The mean loss of a micro-batch and its gradients. @throws AdaptRecError `usage` for examples that do not fit the settings. */
  async gradients(examples: readonly TrainingExample[], key: DropoutKey): Promise<StepGradients> {
    const { objective, temperature, featureCount, listWeight = 0 } = this.settings
    const listwise = objective === 'listwise'
    const lists = examples.map(asList)
    for (const [index, list] of lists.entries()) check(index, list, listwise ? featureCount : 0)
    const trees = lists.map(listwise ? ({ tree }) => tree : targetsAlone)
    const goals = lists.flatMap(({ goals }) => (listwise ? goals : goals.map(() => noGoal(featureCount))))
    const { weights, program, masks, tables, answers, attentionBlocks } = this.#graph
    const { items } = this.settings
    const row = packForks(trees, { least: attentionBlocks })
    const results = await program.run({
      ...tables,
      ...decoderFeeds(weights.config, row, attentionBlocks),
      ...(items ? { ...softFeeds(weights.config, row.ids), [ITEM_VECTORS]: tensor(items.data, items.dims) } : {}),
      ...answerFeeds(row, answers),
      ...listwiseFeeds(row, goals, temperature, featureCount),
      'token.weights': listwise ? ownTokenWeights(row, trees, listWeight) : tokenWeights(row),
      ...dropoutFeeds(masks, this.settings.lora.dropout, row, key),
      ...Object.fromEntries([...this.parameters].map(([name, { dims, data }]) => [name, tensor(data, dims)])),
    })
    const names = [...this.parameters.keys()]
    return {
      loss: floats(results.loss!)[0]!,
      branchScores: listwise ? row.branchLengths.map(({ length }, i) => scoresOf(results.scores!, i, length)) : [],
      gradients: new Map(names.map((name) => [name, floats(results[`gradient.${name}`]!)])),
      tokens: row.ids.length,
    }
  }

  /** Frees the session. */
  async dispose(): Promise<void> {
    await this.#graph.program.dispose()
  }
}

function initialParameters(
  weights: Weights,
  { lora, items, featureCount, seed }: AdapterTrainerSettings,
  initial: AdapterParameters | undefined,
): Map<string, Parameter> {
  const fresh = createLora(weights.config, lora, seed)
  if (fresh.size === 0) {
    throw new AdaptRecError(
      'usage',
      `No linear layer is named ${lora.targetModules.join(', ') || 'for the adapter'}.`,
      {
        hint: `Name some of ${loraModules.join(', ')}.`,
      },
    )
  }
  if (items) for (const [name, made] of createProjection(weights, items.dims[1]!, seed)) fresh.set(name, made)
  if (featureCount > 0) fresh.set('evidence.weight', { dims: [featureCount], data: new Float32Array(featureCount) })
  for (const [name, given] of initial ?? []) {
    const own = fresh.get(name)
    if (!own || own.dims.join() !== given.dims.join()) {
      throw new AdaptRecError(
        'state',
        `The given parameter ${name} (${given.dims.join(', ')}) does not fit: ${own ? `expected (${own.dims.join(', ')})` : 'there is none of that name'}.`,
        { hint: 'Use the rank, target modules and features that the adapter was made with.' },
      )
    }
    own.data.set(given.data)
  }
  return fresh
}

function checkTemperature({ temperature }: AdapterTrainerSettings): void {
  if (temperature > 0) return
  throw new AdaptRecError('usage', `The temperature must be above 0, got ${temperature}.`, { hint: 'Give 1 or more.' })
}

/** A prompt with its answers is a list that forks at its end. */
export function asList(example: TrainingExample): ListExample {
  return 'goals' in example ? example : { tree: forkAtEnd(example.tree), goals: [example] }
}

function check(index: number, { tree, goals }: ListExample, featureCount: number): void {
  const faultOf = ({ own, branches }: Fork, goal: Goal | undefined): string | undefined => {
    const count = branches.length + (own > 0 ? 1 : 0)
    const given = goal?.features?.length ?? 0
    if (goal?.target.length !== count) return `its target has ${goal?.target.length ?? 0} entries for ${count} branches`
    const fits = given === featureCount * count || featureCount === 0
    return fits ? undefined : `it has ${given} feature values; expected ${count} x ${featureCount}`
  }
  const fault = tree.forks.map((fork, i) => faultOf(fork, goals[i])).find((each) => each !== undefined)
  if (fault) {
    throw new AdaptRecError('usage', `Training example ${index} cannot be used: ${fault}.`, {
      hint: 'Give one target and, with features, one row of features per branch.',
    })
  }
}

/** The tree with the one answer of each fork that the target puts most on. */
function targetsAlone({ tree: { trunk, forks }, goals }: ListExample): ForkedTree {
  const best = ({ own, branches, ...fork }: Fork, i: number): Fork => {
    const { target } = goals[i]!
    const place = target.indexOf(Math.max(...target)) - (own > 0 ? 1 : 0)
    return place < 0 ? { ...fork, own, branches: [] } : { ...fork, own: 0, branches: [branches[place]!] }
  }
  return { trunk, forks: forks.map(best) }
}

/** Each answer weighs the same, each of its tokens the same. */
function tokenWeights(row: PackedRow): Tensor {
  const answers = row.branchLengths.length
  const weights = row.branchLengths.flatMap(([length]) => new Array<number>(length!).fill(1 / length! / answers))
  return tensor(Float32Array.from(weights), [weights.length])
}

/** Each token of the lists' own entries weighs the same, all of them `weight`; those that are only compared nothing. */
function ownTokenWeights({ branchLengths }: PackedRow, trees: readonly ForkedTree[], weight: number): Tensor {
  const forks = trees.flatMap((tree) => tree.forks)
  const tokens = forks.reduce((sum, { own }) => sum + own, 0)
  const weights = branchLengths.flatMap((lengths, i) =>
    lengths.flatMap((length, place) => {
      const isOwn = place === 0 && forks[i]!.own > 0
      return new Array<number>(length).fill(isOwn ? weight / tokens : 0)
    }),
  )
  return tensor(Float32Array.from(weights), [weights.length])
}

/** What the listwise part is fed for an example of one branch that is not to be compared. */
function noGoal(featureCount: number): Goal {
  return { target: new Float32Array(1), features: new Float32Array(featureCount) }
}

function listwiseFeeds(
  row: PackedRow,
  goals: readonly Goal[],
  temperature: number,
  featureCount: number,
): Record<string, Tensor> {
  const count = goals.length // N
  const compared = Math.max(1, row.branchLengths.filter(({ length }) => length > 1).length)
  const width = Math.max(...row.branchLengths.map((lengths) => lengths.length)) // C
  const answers = row.answerTokens.length // A
  const segments = new Float32Array(count * width * answers)
  const padding = new Float32Array(count * width).fill(MASKED)
  const target = new Float32Array(count * width)
  const features = new Float32Array(count * width * featureCount)
  let answer = 0
  for (const [i, goal] of goals.entries()) {
    for (const [j, length] of row.branchLengths[i]!.entries()) {
      const branch = i * width + j
      segments.fill(1 / temperature, branch * answers + answer, branch * answers + answer + length)
      answer += length
      padding[branch] = 0
      target[branch] = goal.target[j]! / compared
    }
    if (featureCount > 0) features.set(goal.features!, i * width * featureCount)
  }
  return {
    segments: tensor(segments, [count * width, answers]),
    padding: tensor(padding, [count, width]),
    target: tensor(target, [count, width]),
    ...(featureCount > 0 ? { features: tensor(features, [count * width, featureCount]) } : {}),
  }
}

/** Masks of 0 and 1 / (1 - p), functions of the key and the place in the network. */
function dropoutFeeds(masks: readonly Value[], p: number, row: PackedRow, key: DropoutKey): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {}
  for (const { name, shape } of masks) {
    const dims = [shape[0] === 'S' ? row.ids.length : row.rows.length, shape[1] as number] as const
    const random = createRandom(key.seed, 'dropout', key.epoch, key.step, key.microBatch, name)
    const mask = new Float32Array(dims[0] * dims[1])
    for (let i = 0; i < mask.length; i++) mask[i] = random.float() < p ? 0 : 1 / (1 - p)
    feeds[name] = tensor(mask, dims)
  }
  return feeds
}

function scoresOf(scores: Tensor, index: number, count: number): Float64Array {
  const width = scores.dims[1]!
  return Float64Array.from(floats(scores).subarray(index * width, index * width + count))
}
