import { describe, expect, it } from 'vitest'
import { openPlace } from './place-address.js'

describe('the address of a place to train at', () => {
  it('names a Ray cluster or a Python, and what is asked of it', () => {
    expect(openPlace('ray:http://head:8265')).toMatchObject({ name: 'ray:http://head:8265/', model: undefined })
    expect(openPlace('ray:https://head/ray?model=/models/smol&workers=4&gpus=0.5&fsdp=true')).toMatchObject({
      name: 'ray:https://head/ray',
      model: '/models/smol',
    })
    expect(openPlace('python:/opt/venv/bin/python?model=/m.gguf')).toMatchObject({ model: '/m.gguf' })
  })

  it.each(['', 'ray', 'ray:', 'ray:head:8265', 'ray:ftp://head', 'http://head:8265', 'python:', 'slurm:head'])(
    'is refused where it is none: %s',
    (address) => {
      expect(() => openPlace(address)).toThrow(`--on: "${address}" names no place to train at.`)
    },
  )

  it('is refused with the names that there are where something else is asked', () => {
    expect(() => openPlace('ray:http://head:8265?worker=4')).toThrow(
      /worker.*the names there are model, shared, workers/,
    )
    expect(() => openPlace('ray:http://head:8265?gpus=many')).toThrow(/gpus: expected number/)
    expect(() => openPlace('ray:http://head:8265?shared=here')).toThrow(/shared/)
  })

  it('is refused where its Python cannot train, with what to install', async () => {
    await expect(openPlace('python:/no/such/python').check()).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('/no/such/python'),
      hint: expect.stringContaining('requirements.txt'),
    })
    await expect(openPlace(`python:${process.execPath}`).check()).rejects.toMatchObject({ code: 'usage' })
  })
})
