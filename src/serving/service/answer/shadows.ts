/**
 * @file Shadow models answer the same request after its answer was given. Nobody sees it but in their traces; nothing waits for it, and it
 * gives way where the language model is in use.
 */

import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Store } from '../../../store/index.js'
import type * as api from '../api.js'
import { type AnswerParts, answer } from './answer.js'
import type { Audience } from './audience.js'
import { Deadline } from './deadline.js'
import type { HeldModel } from './open-models.js'
import { Stages } from './stages.js'

type Request = z.output<typeof api.recommendationRequest>

/** Answers by each shadow, one after the other, and keeps the traces. Never throws: what fails is left out. */
export async function answerShadows(
  store: Store,
  parts: AnswerParts,
  shadows: readonly HeldModel[],
  request: Request,
  audience: Audience,
  { recommendationId }: Pick<z.output<typeof api.recommendationReply>, 'recommendationId'>,
): Promise<void> {
  for (const { model, release } of shadows) {
    try {
      const { running, waiting } = parts.queue.state()
      if (running + waiting > 0) continue
      using deadline = new Deadline(undefined, undefined)
      const task = { request: { ...request, include: [] }, audience, model, deadline, stages: new Stages() }
      const { servedBy, ...content } = await answer(parts, task)
      await store.putTrace({
        recommendationId: randomUUID(),
        userId: audience.userId,
        modelId: model.id,
        createdAt: Date.now(),
        servedBy,
        content: JSON.parse(JSON.stringify({ ...content, shadowOf: recommendationId })) as Record<string, unknown>,
      })
    } catch {
      // a shadow may fail: its trace is missing then, and the answer was given
    } finally {
      release()
    }
  }
}
