/**
 * @file What the exports of a run are held against: questions of some of its users in tokens, with the log-probabilities that the tuned model gives
 * here in float32 over its whole vocabulary; a user's vector and the scores of items; the size of the data; the base as GGUF, made where it came as
 * a folder. node interchange-questions.mjs RUN OUT
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportAsGguf } from '../../src/model/index.js'
import { readBundle } from '../../src/recommender/index.js'
import { findModel, openRun } from '../../src/serving/index.js'

const USERS = 4
const [, , folder, out] = process.argv
const run = await openRun(folder, { offline: true })
const { recommender, trained, dataset } = run
const { languageModel } = recommender.parts.scorer
const { path } = await findModel(readBundle(join(folder, 'bundle')).model.source, { offline: true })
let gguf = path
if (!path.endsWith('.gguf')) {
  gguf = `${out}.base.gguf`
  const nothing = { config: { rank: 1, alpha: 1, dropout: 0, targetModules: [], baseModel: '' }, parameters: new Map() }
  await exportAsGguf(path, nothing, gguf)
}
const questions = []
for (let user = 0; user < USERS; user++) {
  const history = dataset.itemOf.slice(dataset.offsets[user], dataset.offsets[user + 1])
  const reach = await recommender.reach({ user, history }, run.strategy)
  const candidates = await recommender.propose(reach, 20)
  const { question } = await recommender.ask(reach, candidates)
  const prompt = languageModel.encodeChat(question.messages)
  const branches = question.answers.map((answer) => languageModel.encode(answer))
  const [scores] = await languageModel.inFloat32().scoreBranches([{ prompt, branches }], { adapter: trained.adapter })
  questions.push({ messages: question.messages, answers: question.answers, prompt, branches, scores: [...scores] })
}
const state = await recommender.parts.encoder.state(dataset.itemOf.slice(dataset.offsets[0], dataset.offsets[1]))
const told = {
  gguf,
  users: dataset.userIds.length,
  items: dataset.items.length,
  interactions: dataset.itemOf.length,
  first: { user: dataset.userIds[0], logits: [...recommender.parts.encoder.logits(state)] },
  questions,
}
writeFileSync(out, JSON.stringify(told))
await run.dispose()
console.log(`${questions.length} questions of ${questions.map(({ prompt }) => prompt.length).join(', ')} tokens`)
