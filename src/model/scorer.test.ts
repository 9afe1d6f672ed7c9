import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, it } from 'vitest'
import { type Dialect, serveOpenAi } from '../../test/support/openai-server.js'
import { writeTinyModel } from '../../test/support/tiny-run.js'
import { loadAdapter } from './adapter.js'
import { LanguageModel } from './language-model.js'
import { LocalScorer } from './local-scorer.js'
import { RemoteModel } from './remote/remote-model.js'
import { RemoteScorer } from './remote/remote-scorer.js'
import { adapterContract, contractAnswers, type ScorerUnderContract, scorerContract } from './scorer-contract.js'

const folder = mkdtempSync(join(tmpdir(), 'adaptrec-scorer-'))
const path = writeTinyModel(join(folder, 'model'))
const reference = await LanguageModel.open(path, { threads: 1 })
const adapter = loadAdapter(
  fileURLToPath(new URL('../../test/fixtures/tiny-llama-adapter', import.meta.url)),
  reference.config,
)
afterAll(async () => {
  await reference.dispose()
  rmSync(folder, { recursive: true, force: true })
})

function holds(name: string, open: () => Promise<ScorerUnderContract & { close?(): Promise<void> }>): void {
  describe(`the scorer ${name}`, async () => {
    const given = await open()
    afterAll(() => given.close?.())
    for (const [says, check] of Object.entries(scorerContract)) it(says, () => check(given), 60_000)
    for (const [says, check] of Object.entries(adapterContract)) {
      it.skipIf(!given.adapter)(says, () => check(given), 60_000)
    }
  })
}

holds('in this process', async () => ({ scorer: new LocalScorer(reference, contractAnswers), reference, adapter }))

for (const dialect of ['ids', 'drawn', 'prompt', 'echo', 'top'] satisfies Dialect[]) {
  holds(`behind a server that is asked by ${dialect}`, async () => {
    const server = await serveOpenAi(reference, { dialect })
    const model = await RemoteModel.open(server.source, { tokenizerPath: path })
    await model.offers()
    return { scorer: new RemoteScorer(model, contractAnswers), reference, adapter, close: server.close }
  })
}

holds('behind a server that is asked by top, over titles', async () => {
  const server = await serveOpenAi(reference, { dialect: 'top' })
  const model = await RemoteModel.open(server.source.replace('#', '?over=titles#'), { tokenizerPath: path })
  return { scorer: new RemoteScorer(model, contractAnswers), reference, adapter, close: server.close }
})

/** A server of one's own, and the folder with the `model` that it serves and an `adapter`; scripts/engines/llm.sh starts some. */
const { ADAPTREC_TEST_LLM_URL: address, ADAPTREC_TEST_LLM_FOLDER: served } = process.env
if (address === undefined || served === undefined) {
  it.skip(
    'the scorer behind a real server (skipped: ADAPTREC_TEST_LLM_URL and ADAPTREC_TEST_LLM_FOLDER are not set; scripts/engines/llm.sh sets them)',
  )
} else {
  holds(`behind ${address}`, async () => {
    const tokenizerPath = join(served, 'model')
    const own = await LanguageModel.open(tokenizerPath, { threads: 1 })
    const model = await RemoteModel.open(address, { tokenizerPath })
    await model.offers()
    const scorer = new RemoteScorer(model, contractAnswers)
    const takesAdapters = model.address.adapters === 'load'
    const trained = takesAdapters ? loadAdapter(join(served, 'adapter'), own.config) : undefined
    return { scorer, reference: own, adapter: trained, close: () => own.dispose() }
  })
}
