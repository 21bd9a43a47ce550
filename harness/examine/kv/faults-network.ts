/** The network between the nodes of a cluster: a relay for each pair and way of dialling, so that any part of it can be cut or slowed down. */
import type { KvHistoryRecorder } from '../../record/kv-history-recorder.ts'
import type { PeerAddress } from './cluster.ts'
import { Relay, type Cut } from './relay.ts'

/**
 * Which part of a node's traffic with the others is lost: all of it, what it sends (also its answers), or what is sent to it. A cut with resets
 * that is one way only ends the connections that the node dials (`out`), or those that the others dial to it (`in`).
 */
export interface Isolation {
  readonly manner: Cut['manner']
  readonly lost: 'all' | 'out' | 'in'
}

interface NetworkNode {
  readonly name: string
}

interface PairRelay {
  readonly from: NetworkNode
  readonly to: NetworkNode
  readonly relay: Relay
}

export interface NetworkGround {
  readonly recorder: KvHistoryRecorder
  readonly nowMs: () => number
}

/** Where relays listen; nodes have other addresses. */
const RELAY_HOST = '127.0.0.1'

export class FaultyNetwork {
  readonly #ground: NetworkGround
  readonly #pairs: PairRelay[] = []
  readonly #heldDiallers = new Set<NetworkNode>()

  constructor(ground: NetworkGround) {
    this.#ground = ground
  }

  /** For `cluster({ route })`: leads each node to its peers through relays. */
  readonly route = async (from: NetworkNode, to: NetworkNode, address: PeerAddress): Promise<PeerAddress> => {
    const known = this.#pairs.find(pair => pair.from === from && pair.to === to)
    if (known !== undefined) return known.relay
    const relay = await Relay.open({ host: RELAY_HOST, target: () => address, nowMs: this.#ground.nowMs })
    if (this.#heldDiallers.has(from)) relay.pause()
    this.#pairs.push({ from, to, relay })
    return relay
  }

  /** Cuts one node off from all others, both the connections it dials and those it is dialled by. */
  isolate(node: NetworkNode, { manner, lost }: Isolation): void {
    this.#note(node, 'cut', `cut off from the others: ${manner}, ${lost === 'all' ? 'both ways' : `what is sent ${lost} is lost`}`)
    for (const { from, to, relay } of this.#pairs) {
      if (from !== node && to !== node) continue
      const isDialling = from === node
      if (lost === 'all') relay.cut({ manner, way: 'both' })
      else if (manner === 'reset') {
        if (isDialling === (lost === 'out')) relay.cut({ manner, way: 'both' })
      } else relay.cut({ manner, way: isDialling === (lost === 'out') ? 'there' : 'back' })
    }
  }

  /** What goes between two nodes, whoever dials, arrives so much later; each way. */
  delay(one: NetworkNode, other: NetworkNode, ms: number): void {
    for (const { from, to, relay } of this.#pairs) {
      if ((from === one && to === other) || (from === other && to === one)) relay.delay(ms)
    }
    this.#note(one, 'note', `${ms} ms more on the way to ${other.name} and back`)
  }

  /** Holds back everything between a node and the others, and loses nothing. */
  hold(node: NetworkNode): void {
    this.#note(node, 'cut', 'everything between it and the others is held back')
    for (const { from, to, relay } of this.#pairs) if (from === node || to === node) relay.pause()
  }

  /** Holds back what goes over the connections that a node dials, also where it has not started yet; the others can still dial it. */
  holdDialled(node: NetworkNode): void {
    this.#note(node, 'cut', 'what it dials is held back')
    this.#heldDiallers.add(node)
    for (const { from, relay } of this.#pairs) if (from === node) relay.pause()
  }

  /** Sound again; connections that were cut are reset. */
  heal(): void {
    this.#note(null, 'healed', 'the network is whole')
    this.#heldDiallers.clear()
    for (const { relay } of this.#pairs) relay.heal()
  }

  /** What nodes have sent each other so far, answers with it, in bytes. */
  get passedBytes(): number {
    return this.#pairs.reduce((sum, { relay }) => sum + relay.passedBytes, 0)
  }

  async close(): Promise<void> {
    await Promise.all(this.#pairs.map(({ relay }) => relay.close()))
  }

  #note(node: NetworkNode | null, kind: 'cut' | 'healed' | 'note', text: string): void {
    this.#ground.recorder.event({ atMs: this.#ground.nowMs(), node: node?.name ?? null, kind, text })
  }
}
