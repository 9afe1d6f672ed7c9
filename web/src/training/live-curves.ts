/** @file Curves that grow with the progress of a job: as the service tells them whole, or from the figures of one stage after another. */

type Values = Readonly<Record<string, unknown>>
export type Curves = Readonly<Record<string, readonly Values[]>>

/** The curves with what this progress adds to them; a step that is told twice counts once. */
export function withProgress(curves: Curves, progress: Values): Curves {
  if (isValues(progress.curves)) return { ...curves, ...(progress.curves as Curves) }
  const { stage, done, figures } = progress
  if (typeof stage !== 'string' || typeof done !== 'number' || !isValues(figures) || typeof figures.loss !== 'number') return curves
  const before = curves[stage] ?? []
  if (before.at(-1)?.step === done) return curves
  return { ...curves, [stage]: [...before, { step: done, ...figures }] }
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
