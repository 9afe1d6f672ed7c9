export { AdaptRecError, type ErrorCode, messageOf, throwIfAborted } from './errors.js'
export { type FileSystem, sha256, writeFileAtomic, writeFolderAtomic, writeJsonAtomic } from './files.js'
export { type Progress, type ProgressEvent, startStage, type Task } from './progress.js'
export { createRandom, type Random } from './random.js'
