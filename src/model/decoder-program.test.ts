import { expect, test } from 'vitest'
import { DecoderProgram } from './decoder-program.js'
import { createLora } from './lora.js'
import { openModel } from './open-model.js'

test('numbers too large to compute with end in an error, not in scores', async () => {
  const { weights } = await openModel('test/fixtures/tiny-llama')
  const lora = { rank: 2, alpha: 4, dropout: 0, targetModules: ['q_proj', 'v_proj'] }
  const program = await DecoderProgram.open(weights, { lora, threads: 1 })
  try {
    const trees = [{ prompt: [5, 6, 7, 8, 9, 10], branches: [[11], [12]] }]
    const parameters = createLora(weights.config, lora, 1)
    expect((await program.score(trees, parameters))[0]!.every(Number.isFinite)).toBe(true)
    for (const { data } of parameters.values()) data.fill(1e30)
    await expect(program.score(trees, parameters)).rejects.toMatchObject({
      code: 'numeric',
      message: 'The log-probability of branch 0 behind prompt 0 is NaN.',
    })
  } finally {
    await program.dispose()
  }
})
