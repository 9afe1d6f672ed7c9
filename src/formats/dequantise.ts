/**
 * @file GGML block formats to float32. Refuses to know files and names: bytes in, floats out.
 * Source: the block structures of ggml (ggml-common.h, ggml-quants.c); checked bit for bit against the gguf Python package.
 */

/** Writes `count` floats to `target[at...]` from whole blocks that begin at `bytes[0]`. */
export type Dequantise = (bytes: Uint8Array, target: Float32Array, at: number, count: number) => void

/** One storage type of a tensor: `blockSize` elements take `blockBytes` bytes. */
export interface StorageType {
  readonly name: string
  readonly blockSize: number
  readonly blockBytes: number
  readonly dequantise: Dequantise
}

/** float32 of every IEEE half-precision bit pattern, 256 KiB. */
const halves: Float32Array = makeHalves()

const f32: Dequantise = (bytes, target, at, count) => {
  new Uint8Array(target.buffer, target.byteOffset + at * 4, count * 4).set(bytes.subarray(0, count * 4))
}

const f64: Dequantise = (bytes, target, at, count) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let i = 0; i < count; i++) target[at + i] = view.getFloat64(i * 8, true)
}

const f16: Dequantise = (bytes, target, at, count) => {
  for (let i = 0, p = 0; i < count; i++, p += 2) target[at + i] = half(bytes, p)
}

const bf16: Dequantise = (bytes, target, at, count) => {
  const bits = new Uint32Array(target.buffer, target.byteOffset + at * 4, count)
  for (let i = 0, p = 0; i < count; i++, p += 2) bits[i] = ((bytes[p]! | (bytes[p + 1]! << 8)) << 16) >>> 0
}

const q4_0: Dequantise = (bytes, target, at, count) => {
  for (let p = 0, o = at; o < at + count; o += 32, p += 18) {
    const d = half(bytes, p)
    for (let j = 0; j < 16; j++) {
      const q = bytes[p + 2 + j]!
      target[o + j] = d * ((q & 15) - 8)
      target[o + 16 + j] = d * ((q >> 4) - 8)
    }
  }
}

const q4_1: Dequantise = (bytes, target, at, count) => {
  for (let p = 0, o = at; o < at + count; o += 32, p += 20) {
    const d = half(bytes, p)
    const m = half(bytes, p + 2)
    for (let j = 0; j < 16; j++) {
      const q = bytes[p + 4 + j]!
      target[o + j] = d * (q & 15) + m
      target[o + 16 + j] = d * (q >> 4) + m
    }
  }
}

const q5_0: Dequantise = (bytes, target, at, count) => {
  for (let p = 0, o = at; o < at + count; o += 32, p += 22) {
    const d = half(bytes, p)
    const high = word(bytes, p + 2)
    for (let j = 0; j < 16; j++) {
      const q = bytes[p + 6 + j]!
      target[o + j] = d * (((q & 15) | (((high >>> j) & 1) << 4)) - 16)
      target[o + 16 + j] = d * (((q >> 4) | (((high >>> (j + 16)) & 1) << 4)) - 16)
    }
  }
}

const q5_1: Dequantise = (bytes, target, at, count) => {
  for (let p = 0, o = at; o < at + count; o += 32, p += 24) {
    const d = half(bytes, p)
    const m = half(bytes, p + 2)
    const high = word(bytes, p + 4)
    for (let j = 0; j < 16; j++) {
      const q = bytes[p + 8 + j]!
      target[o + j] = d * ((q & 15) | (((high >>> j) & 1) << 4)) + m
      target[o + 16 + j] = d * ((q >> 4) | (((high >>> (j + 16)) & 1) << 4)) + m
    }
  }
}

const q8_0: Dequantise = (bytes, target, at, count) => {
  for (let p = 0, o = at; o < at + count; o += 32, p += 34) {
    const d = half(bytes, p)
    for (let j = 0; j < 32; j++) target[o + j] = d * ((bytes[p + 2 + j]! << 24) >> 24)
  }
}

/** Q4_K and Q5_K: 8 groups of 32 with 6-bit scales and minima; Q5_K adds one high bit per element. */
function kGroups(highBits: boolean): Dequantise {
  const blockBytes = highBits ? 176 : 144
  const low = highBits ? 48 : 16
  return (bytes, target, at, count) => {
    for (let p = 0, o = at; o < at + count; o += 256, p += blockBytes) {
      const d = half(bytes, p)
      const dMin = half(bytes, p + 2)
      for (let group = 0; group < 8; group++) {
        const scale = d * sixBits(bytes, p + 4, group, 0)
        const minimum = dMin * sixBits(bytes, p + 4, group, 4)
        const from = p + low + (group >> 1) * 32
        const shift = (group & 1) * 4
        for (let j = 0; j < 32; j++) {
          const high = highBits ? ((bytes[p + 16 + j]! >> group) & 1) << 4 : 0
          target[o + group * 32 + j] = scale * (((bytes[from + j]! >> shift) & 15) | high) - minimum
        }
      }
    }
  }
}

const q6_k: Dequantise = (bytes, target, at, count) => {
  for (let p = 0, o = at; o < at + count; o += 256, p += 210) {
    const d = half(bytes, p + 208)
    for (let i = 0; i < 256; i++) {
      const part = i >> 7 // two halves of 128: 64 low bytes and 32 high bytes each
      const j = i & 127
      const lowByte = bytes[p + part * 64 + (j & 63)]!
      const highByte = bytes[p + 128 + part * 32 + (j & 31)]!
      const q = ((j < 64 ? lowByte & 15 : lowByte >> 4) | (((highByte >> ((j >> 5) * 2)) & 3) << 4)) - 32
      target[o + i] = d * ((bytes[p + 192 + (i >> 4)]! << 24) >> 24) * q
    }
  }
}

/** A 6-bit value of the 12 packed bytes of Q4_K/Q5_K: `first` is 0 for scales, 4 for minima. */
function sixBits(bytes: Uint8Array, at: number, group: number, first: 0 | 4): number {
  if (group < 4) return bytes[at + first + group]! & 63
  const shared = bytes[at + 4 + group]!
  return (first === 0 ? shared & 15 : shared >> 4) | ((bytes[at + first + group - 4]! >> 6) << 4)
}

function half(bytes: Uint8Array, at: number): number {
  return halves[bytes[at]! | (bytes[at + 1]! << 8)]!
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

function makeHalves(): Float32Array {
  const table = new Float32Array(65536)
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1
    const exponent = (bits >> 10) & 31
    const fraction = bits & 1023
    if (exponent === 31) table[bits] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
    else table[bits] = sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
  }
  return table
}

/** The types read here, by the number that GGUF gives them. */
export const ggmlTypes: ReadonlyMap<number, StorageType> = new Map([
  [0, { name: 'F32', blockSize: 1, blockBytes: 4, dequantise: f32 }],
  [1, { name: 'F16', blockSize: 1, blockBytes: 2, dequantise: f16 }],
  [2, { name: 'Q4_0', blockSize: 32, blockBytes: 18, dequantise: q4_0 }],
  [3, { name: 'Q4_1', blockSize: 32, blockBytes: 20, dequantise: q4_1 }],
  [6, { name: 'Q5_0', blockSize: 32, blockBytes: 22, dequantise: q5_0 }],
  [7, { name: 'Q5_1', blockSize: 32, blockBytes: 24, dequantise: q5_1 }],
  [8, { name: 'Q8_0', blockSize: 32, blockBytes: 34, dequantise: q8_0 }],
  [12, { name: 'Q4_K', blockSize: 256, blockBytes: 144, dequantise: kGroups(false) }],
  [13, { name: 'Q5_K', blockSize: 256, blockBytes: 176, dequantise: kGroups(true) }],
  [14, { name: 'Q6_K', blockSize: 256, blockBytes: 210, dequantise: q6_k }],
  [28, { name: 'F64', blockSize: 1, blockBytes: 8, dequantise: f64 }],
  [30, { name: 'BF16', blockSize: 1, blockBytes: 2, dequantise: bf16 }],
])

/** The types of safetensors that hold weights, by their names there. */
export const safetensorsFloatTypes: ReadonlyMap<string, StorageType> = new Map(
  [0, 1, 28, 30].map((id) => ggmlTypes.get(id)!).map((type) => [type.name, type]),
)
