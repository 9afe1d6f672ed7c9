/** @file Artifacts: derived work is kept under what it was made from, and made anew when that has changed. One rule for everything. */

export {
  type Artifact,
  claimFolder,
  describeStale,
  differencesOf,
  type Found,
  find,
  keep,
  type MadeFrom,
  readMadeFrom,
  write,
} from './artifact.js'
export { type FileArtifact, keepFile } from './artifact-file.js'
