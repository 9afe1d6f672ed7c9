/** @file HTTP: the service for other programs and for the browser. */

export { createHttp, type HttpOptions } from './create-http.js'
