/** @file Metrics of a model as they come: by name, with or without intervals, some one level down under the name of a method. */

/** One figure, with its interval where it was measured. */
export interface Metric {
  readonly name: string
  readonly value: number
  readonly low?: number | undefined
  readonly high?: number | undefined
}

/** All figures, flat; names of a level below stand after a dot. */
export function metricsOf(metrics: Readonly<Record<string, unknown>>, before = ''): Metric[] {
  return Object.entries(metrics).flatMap(([key, value]): Metric[] => {
    const name = before === '' ? key : `${before} · ${key}`
    if (typeof value === 'number') return [{ name, value }]
    if (!isRecord(value)) return []
    if (typeof value.value !== 'number') return metricsOf(value, name)
    const bound = (key: 'low' | 'high') => (typeof value[key] === 'number' ? value[key] : undefined)
    return [{ name, value: value.value, low: bound('low'), high: bound('high') }]
  })
}

/** The few that are named first: what a list of models has room for. */
export function headMetrics(metrics: Readonly<Record<string, unknown>>): Metric[] {
  const all = metricsOf(metrics)
  const wanted = ['hitRatio@1', 'ndcg@10', 'hitRatio@10']
  const found = wanted.flatMap((name) => all.find((metric) => metric.name === name || metric.name.endsWith(` · ${name}`)) ?? [])
  return found.length > 0 ? found : all.slice(0, 2)
}

/** True where a smaller figure is the better one. */
export function isLowerBetter(name: string): boolean {
  return /nll|loss|perplexity/i.test(name)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
