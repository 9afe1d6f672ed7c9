/** @file What the routes are made over. */

import type { Service } from '../../service/service.js'
import type { Metrics } from '../metrics.js'
import type { Traffic } from '../traffic.js'

/** The service, and what requests count in. */
export interface Parts {
  readonly service: Service
  readonly traffic: Traffic
  readonly metrics: Metrics
}
