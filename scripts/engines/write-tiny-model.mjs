/**
 * @file Writes a tiny random model and a random adapter of it: `node --import ./test/support/typescript.mjs scripts/engines/write-tiny-model.mjs
 * FOLDER` makes FOLDER/model and FOLDER/adapter. The fixture's own has heads of 8, for which vLLM has no attention on a CPU; this one has 32.
 */

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom } from '../../src/base/index.js'
import { encodeSafetensors } from '../../src/formats/index.js'
import { filesOfAdapter } from '../../src/model/index.js'

const [folder] = process.argv.slice(2)
const fixture = new URL('../../test/fixtures/tiny-llama', import.meta.url).pathname
const [model, adapter] = [join(folder, 'model'), join(folder, 'adapter')]
const [layers, hidden, inner, heads, keyValueHeads, headSize, rank] = [2, 64, 96, 4, 2, 32, 4]
for (const each of [model, adapter]) mkdirSync(each, { recursive: true })
for (const name of ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja']) {
  cpSync(join(fixture, name), join(model, name))
}
const { vocab_size: vocabulary, ...rest } = JSON.parse(readFileSync(join(fixture, 'config.json'), 'utf8'))
const config = {
  ...rest,
  vocab_size: vocabulary,
  head_dim: headSize,
  hidden_size: hidden,
  intermediate_size: inner,
  max_position_embeddings: 4096,
  num_attention_heads: heads,
  num_key_value_heads: keyValueHeads,
  num_hidden_layers: layers,
}
writeFileSync(join(model, 'config.json'), JSON.stringify(config, null, 2))

const random = createRandom(27, 'tiny model for engines')
const draw = (dims, scale) => ({
  dims,
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => scale * (random.float() - 0.5)),
})
const ones = (size) => ({ dims: [size], data: new Float32Array(size).fill(1) })
const tensors = new Map([
  ['model.embed_tokens.weight', draw([vocabulary, hidden], 1)],
  ['model.norm.weight', ones(hidden)],
])
const parameters = new Map()
for (let layer = 0; layer < layers; layer++) {
  const at = `model.layers.${layer}`
  const linear = {
    'self_attn.q_proj': [heads * headSize, hidden],
    'self_attn.k_proj': [keyValueHeads * headSize, hidden],
    'self_attn.v_proj': [keyValueHeads * headSize, hidden],
    'self_attn.o_proj': [hidden, heads * headSize],
    'mlp.gate_proj': [inner, hidden],
    'mlp.up_proj': [inner, hidden],
    'mlp.down_proj': [hidden, inner],
  }
  for (const [name, dims] of Object.entries(linear)) tensors.set(`${at}.${name}.weight`, draw(dims, 0.5))
  for (const name of ['input_layernorm', 'post_attention_layernorm']) tensors.set(`${at}.${name}.weight`, ones(hidden))
  for (const name of ['q_proj', 'v_proj']) {
    const [out, input] = linear[`self_attn.${name}`]
    parameters.set(`${at}.self_attn.${name}.lora_A.weight`, draw([rank, input], 1))
    parameters.set(`${at}.self_attn.${name}.lora_B.weight`, draw([out, rank], 1))
  }
}
writeFileSync(join(model, 'model.safetensors'), encodeSafetensors(tensors))
const settings = { rank, alpha: 8, dropout: 0, targetModules: ['q_proj', 'v_proj'], baseModel: 'tiny' }
for (const [name, content] of Object.entries(filesOfAdapter({ config: settings, parameters }))) {
  writeFileSync(join(adapter, name), content)
}
