import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { encodeSafetensors, loadFloats, readGgufHeader, withBytes } from '../formats/index.js'
import { type Adapter, loadAdapter } from './adapter.js'
import type { DecoderConfig } from './config.js'
import { exportAdapterAsGguf, exportAsGguf, exportAsHuggingFace } from './export-model.js'
import { mergeAdapter } from './merged-weights.js'
import { openModel, readModel } from './open-model.js'

const fixture = (name: string) => new URL(`../../test/fixtures/${name}`, import.meta.url).pathname
const folderBase = fixture('tiny-llama')
const ggufBase = fixture('tiny-llama/tiny-llama.gguf')
const adapterFor = (base: string): Adapter => loadAdapter(fixture('tiny-llama-adapter'), readModel(base).weights.config)

const nothing: Adapter = {
  config: { rank: 1, alpha: 1, dropout: 0, targetModules: [], baseModel: '' },
  parameters: new Map(),
}

/** What GGUF keeps in 32 bits. */
const rounded = (config: DecoderConfig) => ({ ...config, normEpsilon: Math.fround(config.normEpsilon) })

/** Holds a written model against the base with the adapter folded in: config, every value, the vocabulary. */
async function expectMerged(base: string, out: string) {
  const [was, is] = [readModel(base), readModel(out)]
  expect(rounded(is.weights.config)).toEqual(rounded(was.weights.config))
  const merged = mergeAdapter(was.weights, adapterFor(base))
  for (const name of merged.names()) expect(is.weights.load(name).data, name).toEqual(merged.load(name).data)
  const [before, after] = [(await openModel(base)).tokenizer, (await openModel(out)).tokenizer]
  const text = "It's <|im_start|> 1995: the film, naïve\n"
  expect(after.encode(text)).toEqual(before.encode(text))
  expect(after.endOfTurn).toBe(before.endOfTurn)
  const messages = [{ role: 'user', content: text }] as const
  expect(after.encodeChat(messages, { addGenerationPrompt: true })).toEqual(
    before.encodeChat(messages, { addGenerationPrompt: true }),
  )
}

describe('a model with its adapter, written for others', () => {
  it.each([
    ['a folder', folderBase],
    ['a GGUF file', ggufBase],
  ])('is the same model when it is read back, from %s', async (_, base) => {
    const folder = temporaryFolder()
    const adapter = adapterFor(base)
    await exportAsHuggingFace(base, adapter, join(folder, 'merged'))
    await expectMerged(base, join(folder, 'merged'))
    await exportAsGguf(base, adapter, join(folder, 'merged.gguf'))
    await expectMerged(base, join(folder, 'merged.gguf'))
  })

  it('keeps the biases of Qwen 2', async () => {
    const folder = temporaryFolder()
    const base = join(folder, 'base')
    cpSync(folderBase, base, { recursive: true })
    const config = JSON.parse(readFileSync(join(base, 'config.json'), 'utf8'))
    writeFileSync(join(base, 'config.json'), JSON.stringify({ ...config, model_type: 'qwen2' }))
    const { weights } = readModel(folderBase)
    const tensors = new Map(weights.names().map((name) => [name, weights.load(name)]))
    for (const [name, { dims }] of [...tensors].filter(([each]) => /[qkv]_proj/.test(each))) {
      const data = Float32Array.from({ length: dims[0]! }, (_, i) => i / 7)
      tensors.set(name.replace(/weight$/, 'bias'), { dims: [dims[0]!], data })
    }
    writeFileSync(join(base, 'model.safetensors'), encodeSafetensors(tensors))
    await exportAsGguf(base, nothing, join(folder, 'model.gguf'))
    const [was, is] = [readModel(base).weights, readModel(join(folder, 'model.gguf')).weights]
    expect(rounded(is.config)).toEqual(rounded(was.config))
    for (const name of was.names()) expect(is.load(name).data, name).toEqual(was.load(name).data)
  })

  it('says in GGUF that RoPE is scaled, and refuses where config.json has no word for it', async () => {
    const folder = temporaryFolder()
    const base = join(folder, 'base')
    cpSync(folderBase, base, { recursive: true })
    const config = JSON.parse(readFileSync(join(base, 'config.json'), 'utf8'))
    const scaling = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 }
    const rope = { ...config.rope_parameters, ...scaling, original_max_position_embeddings: 64 }
    writeFileSync(join(base, 'config.json'), JSON.stringify({ ...config, rope_parameters: rope }))
    await exportAsGguf(base, nothing, join(folder, 'model.gguf'))
    const [was, is] = [base, join(folder, 'model.gguf')].map((path) => readModel(path).weights.config.ropeDivisors!)
    expect(was!.some((divisor) => divisor > 1)).toBe(true)
    for (const [i, divisor] of was!.entries()) expect(is![i]).toBeCloseTo(divisor, 5)
    const refused = exportAsHuggingFace(join(folder, 'model.gguf'), nothing, join(folder, 'merged'))
    await expect(refused).rejects.toMatchObject({ code: 'format', message: expect.stringContaining('RoPE is scaled') })
    await exportAsHuggingFace(base, nothing, join(folder, 'merged'))
    expect(readModel(join(folder, 'merged')).weights.config.ropeDivisors).toEqual(was)
  })

  it('never stands half-written, nor in the place of something', async () => {
    const folder = temporaryFolder({ 'merged/letter': '' })
    const adapter = adapterFor(folderBase)
    await expect(exportAsHuggingFace(folderBase, adapter, join(folder, 'merged'))).rejects.toMatchObject({
      code: 'storage',
    })
    const foreign = { ...adapter, parameters: new Map() }
    await expect(exportAsGguf(folderBase, foreign, join(folder, 'x.gguf'))).rejects.toMatchObject({ code: 'format' })
    expect(existsSync(join(folder, 'x.gguf'))).toBe(false)
    expect(readdirSync(folder)).toEqual(['merged'])
  })
})

describe('an adapter alone as GGUF', () => {
  it('adds to the rows of the GGUF file of its model what merging adds', async () => {
    const folder = temporaryFolder()
    const adapter = adapterFor(ggufBase)
    await exportAdapterAsGguf(ggufBase, adapter, join(folder, 'lora.gguf'))
    await exportAsGguf(ggufBase, adapter, join(folder, 'merged.gguf'))
    const raw = (path: string) =>
      withBytes(path, (source) => {
        const { tensors, metadata } = readGgufHeader(source)
        return { metadata, tensors: new Map([...tensors].map(([name, extent]) => [name, loadFloats(source, extent)])) }
      })
    const [base, merged, lora] = [ggufBase, join(folder, 'merged.gguf'), join(folder, 'lora.gguf')].map(raw)
    expect(lora!.metadata.get('general.type')).toBe('adapter')
    expect(lora!.metadata.get('adapter.lora.alpha')).toBe(adapter.config.alpha)
    const modules = [...lora!.tensors.keys()].filter((name) => name.endsWith('.lora_a'))
    expect(modules.length).toBe(adapter.parameters.size / 2)
    for (const name of modules) {
      const module = name.replace(/\.lora_a$/, '')
      const [a, b] = [lora!.tensors.get(name)!, lora!.tensors.get(`${module}.lora_b`)!]
      const [rank, width] = a.dims as [number, number]
      const [before, after] = [base!.tensors.get(module)!.data, merged!.tensors.get(module)!.data]
      for (const at of [0, width + 1, before.length - 1]) {
        const [row, column] = [Math.floor(at / width), at % width]
        let sum = 0
        for (let r = 0; r < rank; r++) sum += b.data[row * rank + r]! * a.data[r * width + column]!
        expect(after[at]! - before[at]!, `${module} ${at}`).toBeCloseTo((sum * adapter.config.alpha) / rank, 5)
      }
    }
  })
})
