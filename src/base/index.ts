/** @file Base: errors, seeded random numbers, atomic files, locks, progress and small numerics. Imports nothing of ours. */

export { mapAtOnce } from './at-once.js'
export type { ChatMessage } from './chat-message.js'
export { copyFolderAtomic } from './copy-folder.js'
export { denormalsAreFlushed, flushDenormals } from './denormals.js'
export { AdaptRecError, type ErrorCode, messageOf, throwIfAborted, type WrongPlace } from './errors.js'
export {
  clearUnfinishedWrites,
  type FileSystem,
  makeFolder,
  sha256,
  writeByPathAtomic,
  writeChunksAtomic,
  writeFileAtomic,
  writeFolderAtomic,
  writeJsonAtomic,
} from './files.js'
export { given } from './given.js'
export { addFile, sha256OfFile } from './hash-file.js'
export { type FolderWriter, LargeFolder, writeLargeFolder } from './large-folder.js'
export { lockFolder } from './lock.js'
export { readCheckedFolder, writeCheckedFolder } from './manifest.js'
export { writeNewFolder } from './new-folder.js'
export { logSoftmaxAt, softmaxOf } from './numerics.js'
export { ownPackage } from './own-package.js'
export { type PositiveDefiniteInverse, type SymmetricMatrix, symmetricMatrix } from './positive-definite.js'
export { printable } from './printable.js'
export { createRandom, type Random } from './random.js'
export { readJson } from './read-json.js'
export { once, shareWork } from './share-work.js'
export { type Progress, type ProgressEvent, startStage, type Task } from './task.js'
export { describeIssues, parseWith, wrongPlacesOf } from './validation.js'
export { createWasmMemory, type WasmMemory } from './wasm-memory.js'
