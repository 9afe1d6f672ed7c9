/**
 * @file Texts as vectors: the mean of the decoder's last hidden states over a text's tokens. Many texts stand in one packed row, each behind a
 * token that ends a turn, which takes the attention that a first token draws and is not counted. Knows no titles and no users.
 */

import { startStage, type Task, throwIfAborted } from '../base/index.js'
import { compile, floats, Graph } from '../engine/index.js'
import { decoderFeeds } from './decoder-feeds.js'
import type { LanguageModel } from './language-model.js'
import { buildDecoder, USUAL_ATTENTION_BLOCKS } from './llama.js'
import { packTrees } from './token-tree.js'

/** Tokens of a row, the shorter the less of attention is masked, the longer the better matrices multiply. */
const ROW_TOKENS = 384

/** (N, E) row-major: one vector per text, zeros for a text without a token. @throws AdaptRecError `aborted`. */
export async function embedTexts(
  model: LanguageModel,
  texts: readonly string[],
  { progress, signal }: Task = {},
): Promise<{ readonly width: number; readonly vectors: Float32Array }> {
  const { hiddenSize: width } = model.config
  const { precision, kept: _, sessions: __, ...computing } = model.options // one session of a graph of its own
  const graph = new Graph()
  const { hidden } = buildDecoder(graph, model.weights, { precision })
  const program = await compile({ hidden }, computing)
  try {
    const vectors = new Float32Array(texts.length * width)
    const report = startStage(progress, 'Reading titles', texts.length)
    const prompts = texts.map((text) => [model.endOfTurn, ...model.encode(text)])
    for (let at = 0; at < prompts.length; ) {
      throwIfAborted(signal)
      const end = endOfRow(prompts, at)
      const row = packTrees(
        prompts.slice(at, end).map((prompt) => ({ prompt, branches: [[0]] })),
        { least: USUAL_ATTENTION_BLOCKS },
      )
      const all = { ...row, rows: row.ids.map((_, token) => token) }
      const results = await program.run(decoderFeeds(model.config, all, USUAL_ATTENTION_BLOCKS))
      const states = floats(results.hidden!)
      for (let token = 0; at < end; at++) {
        token++ // past the token that the text stands behind
        const count = prompts[at]!.length - 1
        for (const last = token + count; token < last; token++) {
          for (let i = 0; i < width; i++) vectors[at * width + i]! += states[token * width + i]! / count
        }
      }
      report(at)
    }
    return { width, vectors }
  } finally {
    await program.dispose()
  }
}

/** The end of a row of prompts that begins at `at`: at least one, and no more tokens than a row takes. */
function endOfRow(prompts: readonly (readonly number[])[], at: number): number {
  let tokens = prompts[at]!.length
  let end = at + 1
  while (end < prompts.length && tokens + prompts[end]!.length <= ROW_TOKENS) tokens += prompts[end++]!.length
  return end
}
