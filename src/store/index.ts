/** @file Store: items, users, events, keys, jobs, models and traces, durable; opened by URL. */

export * from './store.js'
