import { setTimeout as sleep } from 'node:timers/promises'
import { exchange } from './anti-entropy.ts'
import { LIMITS } from './limits.ts'
import type { Say } from './log-lines.ts'
import type { PeerAddress } from './peer-address.ts'
import { PeerLink } from './peer-link.ts'
import { PeerPush } from './peer-push.ts'
import type { SavedStore } from './saved-store.ts'

/** One node's view of the others: every write is pushed to each of them, and each is compared with, by itself, every second. */
export class Peers {
  readonly #peers: Peer[]
  readonly #stop = new AbortController()

  constructor(addresses: readonly PeerAddress[], saved: SavedStore, say: Say) {
    this.#peers = addresses.map(address => new Peer(address, saved, say, this.#stop.signal))
  }

  /** Resolves when this node has what its reachable peers have, or has waited long enough. Comparing goes on from then. */
  async join(): Promise<void> {
    const copied = Promise.all(this.#peers.map(peer => peer.start()))
    const limit = new AbortController()
    const waitedEnough = sleep(LIMITS.joinLimitMs, undefined, { signal: limit.signal, ref: false }).catch(() => undefined)
    await Promise.race([copied, waitedEnough])
    limit.abort()
  }

  push(key: string): void {
    for (const peer of this.#peers) peer.push.add(key)
  }

  get reachable(): number {
    return this.#peers.filter(peer => peer.isUp).length
  }

  get keysWaiting(): number {
    return this.#peers.reduce((sum, peer) => sum + peer.push.waiting, 0)
  }

  get entriesExchanged(): number {
    return this.#peers.reduce((sum, peer) => sum + peer.entriesExchanged, 0)
  }

  /** Gives the last writes some time to reach the peers that are up, then ends all traffic to them. */
  async close(): Promise<void> {
    const drained = Promise.all(this.#peers.filter(peer => peer.isUp).map(peer => peer.push.drained()))
    await Promise.race([drained, sleep(LIMITS.drainMs, undefined, { ref: false })])
    this.#stop.abort()
    for (const peer of this.#peers) peer.close()
  }
}

class Peer {
  readonly push: PeerPush
  isUp = false
  entriesExchanged = 0
  readonly #link: PeerLink
  readonly #saved: SavedStore
  readonly #say: Say
  readonly #signal: AbortSignal

  constructor(address: PeerAddress, saved: SavedStore, say: Say, signal: AbortSignal) {
    this.#link = new PeerLink(address)
    this.#saved = saved
    this.#say = say
    this.#signal = signal
    this.push = new PeerPush(this.#link, saved.store, signal)
  }

  /** Resolves after the first exchange, or once the peer is taken as away; exchanges go on in the background. */
  async start(): Promise<void> {
    const givesUpAtMs = performance.now() + LIMITS.joinPatienceMs
    // Nodes of a cluster start together, and one that refuses connections may be about to listen.
    while (!(await this.#exchange()) && performance.now() < givesUpAtMs) await this.#wait(LIMITS.peerRetryMinMs)
    void this.#keepComparing()
  }

  close(): void {
    this.#link.close()
  }

  async #keepComparing(): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#wait(LIMITS.compareEveryMs)
      if (!this.#signal.aborted) await this.#exchange()
    }
  }

  /** Whether the peer answered. Its coming and going is said once. */
  async #exchange(): Promise<boolean> {
    try {
      const { pulled, pushed } = await exchange(this.#link, this.#saved, this.#signal)
      this.entriesExchanged += pulled + pushed
      if (!this.isUp) this.#say(`peer ${this.#link.address.name}: up; took ${pulled} entries, gave ${pushed}`)
      this.isUp = true
    } catch (error) {
      if (this.isUp && !this.#signal.aborted) this.#say(`peer ${this.#link.address.name}: away: ${reasonOf(error)}`)
      this.isUp = false
    }
    return this.isUp
  }

  async #wait(ms: number): Promise<void> {
    // The wait ends early, and with an error, only when the node stops.
    await sleep(ms, undefined, { signal: this.#signal }).catch(() => undefined)
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}
