/** @file The library's front door: what a program needs to prepare data, recommend and evaluate. Each folder is also `adaptrec/FOLDER`. */

export * from './base/index.js'
export * from './data/index.js'
