/** @file Prometheus metrics of one server. Labels are route patterns, methods, statuses and sources; never an id. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Service } from '../service/service.js'
import type { App } from './app.js'
import type { Traffic } from './traffic.js'

/** What routes count. */
export interface Metrics {
  readonly registry: Registry
  readonly recommendations: Counter<'source' | 'degraded'>
  readonly events: Counter<'outcome'>
  readonly wrongReplies: Counter<'method' | 'route'>
}

/** Makes the metrics of a service and measures every request of the app. */
export function measure(app: App, service: Service, traffic: Traffic): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const seconds = new Histogram({
    name: 'adaptrec_http_request_duration_seconds',
    help: 'Time from the first byte to the end of the answer',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  })
  new Gauge({
    name: 'adaptrec_http_requests_active',
    help: 'Requests on their way',
    registers,
    collect() {
      this.set(traffic.active)
    },
  })
  addServiceGauges(service, registers)
  app.addHook('onResponse', async (request, reply) => {
    const route = request.is404 ? 'none' : request.routeOptions.url!
    seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
  })
  return {
    registry,
    recommendations: new Counter({
      name: 'adaptrec_recommendations_total',
      help: 'Answers by what they come from',
      labelNames: ['source', 'degraded'] as const,
      registers,
    }),
    events: new Counter({
      name: 'adaptrec_events_total',
      help: 'Events that were sent: accepted, duplicate or rejected',
      labelNames: ['outcome'] as const,
      registers,
    }),
    wrongReplies: new Counter({
      name: 'adaptrec_wrong_replies_total',
      help: 'Replies that do not fit their schema: a fault in adaptrec',
      labelNames: ['method', 'route'] as const,
      registers,
    }),
  }
}

/** Gauges that are read from the service when they are asked for. */
function addServiceGauges(service: Service, registers: Registry[]): void {
  const waiting = new Gauge({ name: 'adaptrec_queue_waiting', help: 'Requests before the language model', registers })
  const running = new Gauge({ name: 'adaptrec_queue_running', help: 'Requests in the language model', registers })
  const rows = new Gauge({
    name: 'adaptrec_store_rows',
    help: 'Rows of the store by table',
    labelNames: ['table'] as const,
    registers,
  })
  const checks = new Gauge({
    name: 'adaptrec_check_ok',
    help: '1 where a check of readiness holds',
    labelNames: ['check'] as const,
    registers,
    async collect() {
      const system = await service.system()
      waiting.set(system.queue.waiting)
      running.set(system.queue.running)
      for (const [table, count] of Object.entries(system.counts)) rows.set({ table }, count)
      checks.reset()
      for (const { name, ok } of system.checks) this.set({ check: name }, ok ? 1 : 0)
    },
  })
}
