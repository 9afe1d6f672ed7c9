/** @file Curves that grow with the progress of a job, which tells the curve of its present stage; those of earlier stages stay. */

type Values = Readonly<Record<string, unknown>>
export type Curves = Readonly<Record<string, readonly Values[]>>

/** The curves with what this progress adds to them. */
export function withProgress(curves: Curves, progress: Values): Curves {
  const told = progress.curve
  if (isValues(told) && typeof told.stage === 'string' && Array.isArray(told.points))
    return { ...curves, [told.stage]: told.points as Values[] }
  return curves
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
