import { describe, expect, it } from 'vitest'
import { openListsCluster } from './lists-cluster.js'

const at = (asked: string) => openListsCluster(`ray:http://head:8265?${asked}`)

describe('a cluster that makes lists', () => {
  it('makes what is made here, however many work there; with an engine of its own it is known by model and options', () => {
    expect(at('workers=8&cpus=4&gpus=1&model=/models/m.gguf').madeFrom).toEqual({})
    const { madeFrom } = at('engine=vllm&model=/models/smol')
    expect(madeFrom).toMatchObject({ engine: 'vllm' })
    expect(at('engine=vllm&model=/models/smol&workers=2').madeFrom).toEqual(madeFrom)
    for (const other of ['engine=vllm&model=/models/other', 'engine=vllm&model=/models/smol&vllm=--dtype+float32']) {
      expect(at(other).madeFrom).not.toEqual(madeFrom)
    }
  })

  it('hands on what is asked of each worker, each word by itself', () => {
    expect(at('cpus=2&engine=vllm&vllm=--dtype+float32&adaptrec=/opt/a b/adaptrec-lists').words).toEqual([
      '--cpus',
      '2',
      '--engine',
      'vllm',
      '--adaptrec',
      '/opt/a b/adaptrec-lists',
      '--vllm=--dtype float32',
    ])
  })

  it.each(['engine=tgi', 'cpus=0', 'shared=here', 'fsdp=true'])('is refused where it is asked for %s', (asked) => {
    expect(() => at(asked)).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})
