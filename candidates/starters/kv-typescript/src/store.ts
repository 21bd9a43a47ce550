/**
 * The store of one node: the one file you fill in, together with whatever files you want beside it.
 *
 * Every method is async, and the next request is started without waiting for the one before: wherever a method awaits,
 * another one may run.
 */
import { NotWritten } from './answers.ts'
import type { Peer } from './peer.ts'

export class Store {
  readonly #name: string
  readonly #folder: string
  readonly #peers: readonly Peer[]

  /** `name`: this node's. `folder`: where it may keep files; it exists. `peers`: the others, whether they are up or not. */
  constructor(name: string, folder: string, peers: readonly Peer[]) {
    this.#name = name
    this.#folder = folder
    this.#peers = peers
  }

  /** Called once. Clients get 503 until it has returned; requests of other nodes go to `handlePeer` from the beginning. */
  async start(): Promise<void> {
    // TODO: load what was saved, and get what the others have.
  }

  /** The value of a key, or undefined where there is none. */
  async get(key: string): Promise<Buffer | undefined> {
    throw new NotWritten() // TODO
  }

  /** Once this returns, the client is told that the value is stored. */
  async set(key: string, value: Buffer): Promise<void> {
    throw new NotWritten() // TODO
  }

  /** Once this returns, the client is told that the key is gone. */
  async delete(key: string): Promise<void> {
    throw new NotWritten() // TODO
  }

  /** Another node has called `peer.ask(path, message)` on us; what this returns is its answer. */
  async handlePeer(path: string, message: Buffer): Promise<Buffer> {
    throw new NotWritten() // TODO
  }

  /** The node is told to end (SIGTERM). No request is under way any more, and none will come. */
  async stop(): Promise<void> {
    // TODO: save what is not saved yet.
  }
}
