/**
 * @file Adapters in a server: each PEFT folder is loaded under a name made of its content the first time that it is asked for, and asked for by
 * that name from then on. The server reads the folder itself, so it must lie where both see it. Source: vLLM's `/v1/load_lora_adapter`.
 */

import { type AdaptRecError, sha256 } from '../../base/index.js'
import { type Adapter, filesOfAdapter } from '../adapter.js'
import type { RequestOptions, Server } from './server.js'

/** The adapters of one server. */
export class RemoteAdapters {
  readonly #server: Server
  readonly #names = new WeakMap<Adapter, string>()
  readonly #loading = new Map<string, Promise<void>>()

  /** @param present names that the server lists already. */
  constructor(server: Server, present: readonly string[]) {
    this.#server = server
    for (const name of present) this.#loading.set(name, Promise.resolve())
  }

  /** The name under which the server answers with the adapter. @throws AdaptRecError `remote` where it cannot load it, `aborted`. */
  async nameOf(adapter: Adapter, options: RequestOptions): Promise<string> {
    const name = this.#nameOf(adapter)
    let loading = this.#loading.get(name)
    if (!loading) {
      loading = this.#load(name, adapter.folder)
      this.#loading.set(name, loading)
      loading.catch(() => this.#loading.delete(name)) // the next request tries again
    }
    await this.#server.wait(loading, 'POST load_lora_adapter', options)
    return name
  }

  /** Forgets that an adapter is loaded: the server has been started anew. */
  forget(adapter: Adapter): void {
    this.#loading.delete(this.#nameOf(adapter))
  }

  #nameOf(adapter: Adapter): string {
    let name = this.#names.get(adapter)
    if (name === undefined) {
      const { 'adapter_config.json': config, 'adapter_model.safetensors': tensors } = filesOfAdapter(adapter)
      name = `adaptrec-${sha256(Buffer.concat([Buffer.from(config!), Buffer.from(tensors!)])).slice(0, 16)}`
      this.#names.set(adapter, name)
    }
    return name
  }

  async #load(name: string, folder: string | undefined): Promise<void> {
    if (folder === undefined) throw this.#error('an adapter that is in no folder cannot be loaded', OTHERWISE)
    const reply = await this.#server.ask('load_lora_adapter', { lora_name: name, lora_path: folder })
    if (reply.status < 300 || /already/i.test(reply.text)) return
    if (reply.status === 404 || reply.status === 405) {
      throw this.#error(
        `it cannot load adapters while it runs (${reply.status})`,
        `Start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=1, or with --lora-modules ${name}=${folder}. ${OTHERWISE}`,
      )
    }
    throw this.#error(
      `it answered ${reply.status} to the adapter in ${folder}: ${this.#server.quote(reply.text)}`,
      `The folder must lie at the same path where the server runs, --max-lora-rank must reach its rank. ${OTHERWISE}`,
    )
  }

  #error(what: string, hint: string): AdaptRecError {
    return this.#server.error('POST load_lora_adapter', what, hint)
  }
}

const OTHERWISE = 'Or serve the model with the adapter merged into it and add ?adapters=none to the address.'
