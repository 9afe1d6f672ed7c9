/**
 * @file RoPE scaling as one divisor per frequency. Refuses to know where the settings were written.
 * Source: transformers' modeling_rope_utils (linear, llama3). Deviation: dynamic, yarn and longrope are refused.
 */

import { type ConfigReader, formatError, shown } from '../../formats/index.js'

/** The divisors of the inverse frequencies, (headSize / 2), or undefined where nothing is scaled. @throws AdaptRecError `format`. */
export function ropeDivisorsOf(
  path: string,
  read: ConfigReader,
  headSize: number,
  theta: number,
): number[] | undefined {
  const type = read.text('rope_type', 'default')
  if (type === 'default' || type === 'none') return undefined
  if (headSize % 2 !== 0) throw formatError(path, `a head of ${headSize} elements cannot be rotated.`)
  const half = Array.from({ length: headSize / 2 }, (_, i) => i)
  if (type === 'linear') return half.map(() => read.number('factor'))
  if (type !== 'llama3') {
    throw formatError(
      path,
      `RoPE scaling ${shown(type)} is not supported; linear and llama3 are.`,
      'Use a model without this scaling.',
    )
  }
  const factor = read.number('factor')
  const low = read.number('low_freq_factor')
  const high = read.number('high_freq_factor')
  const context = read.count('original_max_position_embeddings')
  if (!(factor > 0 && low > 0 && high > low))
    throw formatError(path, `its RoPE scaling has the factors ${factor}, ${low} and ${high}; expected 0 < low < high.`)
  return half.map((i) => {
    const wavelength = 2 * Math.PI * theta ** ((2 * i) / headSize)
    if (wavelength > context / low) return factor
    if (wavelength < context / high) return 1
    const smooth = (context / wavelength - low) / (high - low)
    return 1 / ((1 - smooth) / factor + smooth)
  })
}
