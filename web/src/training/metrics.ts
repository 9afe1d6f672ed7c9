/** @file Metrics of a model as they come: by name with their intervals, and beside them how and against what they were measured. */

/** One figure, with its interval where it was measured. */
export interface Metric {
  readonly name: string
  readonly value: number
  readonly low?: number | undefined
  readonly high?: number | undefined
}

/** What was measured, with intervals; counts and words beside it are left out. */
export function metricsOf(metrics: Readonly<Record<string, unknown>>): Metric[] {
  return Object.entries(metrics).flatMap(([name, value]) => readMetric(name, value) ?? [])
}

/** The few that are named first: what a list of models has room for. */
export function headMetrics(metrics: Readonly<Record<string, unknown>>): Metric[] {
  return ['hitRatio@1', 'ndcg@10'].flatMap((name) => readMetric(name, metrics[name]) ?? [])
}

/** What was measured on the same rows: name and one figure each, the best first. */
export function othersOf(metrics: Readonly<Record<string, unknown>>): { name: string; kind: string; metric: Metric }[] {
  const others = Array.isArray(metrics.others) ? metrics.others.filter(isRecord) : []
  return others
    .flatMap(({ name, kind, ...rest }) => {
      const [metric] = metricsOf(rest)
      return metric ? [{ name: String(name), kind: String(kind), metric }] : []
    })
    .toSorted((a, b) => b.metric.value - a.metric.value)
}

/** How it was measured, in words: "adaptive, leave-one-out, 50 rows"; empty where that is not told. */
export function measuredHow({ method, protocol, rows }: Readonly<Record<string, unknown>>): string {
  return [method, protocol, typeof rows === 'number' ? `${rows} test rows` : undefined]
    .filter((part) => part !== undefined)
    .join(', ')
}

/** True where a smaller figure is the better one. */
export function isLowerBetter(name: string): boolean {
  return /nll|loss|perplexity/i.test(name)
}

function readMetric(name: string, metric: unknown): Metric | undefined {
  if (!isRecord(metric) || typeof metric.value !== 'number') return undefined
  const bound = (key: 'low' | 'high') => (typeof metric[key] === 'number' ? metric[key] : undefined)
  return { name, value: metric.value, low: bound('low'), high: bound('high') }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
