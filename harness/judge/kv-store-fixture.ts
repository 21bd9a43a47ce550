import type { KvStep } from './kv-steps.ts'

/** A whole number from 0 to below `limit`, from the test's seeded randomness. */
export type Draw = (limit: number) => number

export function write(client: number, node: string, value: string, callAtMs: number, doneAtMs: number | null): KvStep {
  return { client, node, life: 1, kind: 'write', value, callAtMs, doneAtMs }
}

export function read(client: number, node: string, value: string | null, callAtMs: number, doneAtMs: number | null): KvStep {
  return { client, node, life: 1, kind: 'read', value, callAtMs, doneAtMs }
}

export function remove(client: number, node: string, callAtMs: number, doneAtMs: number | null): KvStep {
  return { client, node, life: 1, kind: 'delete', value: null, callAtMs, doneAtMs }
}

export interface StorePlay {
  readonly nodes: number
  readonly clients: number
  readonly operations: number
  /** Longest time until a write has reached another node. */
  readonly lagMs: number
  /** Nodes' clocks differ by up to so much. */
  readonly skewMs: number
  /** Every n-th answer, on average, does not come back, and such a write takes effect late. */
  readonly unansweredEvery: number
  /** How a node orders writes: a sound store by its logical clock, an unsound one by who comes last. */
  readonly isLastArrivalKept?: boolean
}

const TICKS_A_MS = 1000
const NODES_A_TICK = 16

interface Held {
  readonly value: string | null
  readonly stamp: number
}

/**
 * What clients see of a leaderless store that keeps the write with the latest stamp of a hybrid logical clock: the widest store that the contract
 * calls right. Also what each node holds at the end, when everything has arrived.
 */
export function playStore(draw: Draw, play: StorePlay): { steps: KvStep[]; finals: KvStep[] } {
  const store = new PlayedStore(draw, play)
  const freeAtMs = Array.from({ length: play.clients }, () => 0)
  const plans = Array.from({ length: play.operations }, (_, at) => {
    const client = draw(play.clients)
    const callAtMs = (freeAtMs[client] ?? 0) + draw(30)
    const doneAtMs = callAtMs + 1 + draw(20)
    freeAtMs[client] = doneAtMs
    const isLost = draw(play.unansweredEvery) === 0
    const effectAtMs = isLost ? callAtMs + draw(500) : callAtMs + draw(doneAtMs - callAtMs + 1)
    return { at, client, callAtMs, doneAtMs: isLost ? null : doneAtMs, effectAtMs, die: draw(20) }
  })
  const steps = plans
    .toSorted((a, b) => a.effectAtMs - b.effectAtMs)
    .map(({ at, client, callAtMs, doneAtMs, effectAtMs, die }): KvStep => {
      const node = client % play.nodes
      store.arriveUntil(effectAtMs)
      const shared = { client, node: `n${node}`, life: 1, callAtMs, doneAtMs }
      if (die < 10) return { ...shared, kind: 'read', value: store.valueAt(node) }
      const value = die < 18 ? `v${at}` : null
      store.write(node, value, effectAtMs)
      return { ...shared, kind: value === null ? 'delete' : 'write', value }
    })
  store.arriveUntil(Infinity)
  const finals = Array.from({ length: play.nodes }, (_, node) => read(1000 + node, `n${node}`, store.valueAt(node), 1e7, 1e7 + 1))
  return { steps: steps.toSorted((a, b) => a.callAtMs - b.callAtMs), finals }
}

class PlayedStore {
  readonly #draw: Draw
  readonly #play: StorePlay
  readonly #held: Held[]
  readonly #skewMs: number[]
  readonly #clock: number[]
  #underWay: { readonly node: number; readonly atMs: number; readonly held: Held }[] = []

  constructor(draw: Draw, play: StorePlay) {
    this.#draw = draw
    this.#play = play
    this.#held = Array.from({ length: play.nodes }, () => ({ value: null, stamp: -Infinity }))
    this.#skewMs = this.#held.map(() => draw(play.skewMs + 1))
    this.#clock = this.#held.map(() => 0)
  }

  valueAt(node: number): string | null {
    return this.#held[node]?.value ?? null
  }

  /** Stamps are unlike each other, since nodes' names break ties. */
  write(node: number, value: string | null, atMs: number): void {
    const wallMs = atMs + (this.#skewMs[node] ?? 0)
    const lastTick = Math.floor((this.#clock[node] ?? 0) / NODES_A_TICK)
    const stamp = Math.max(wallMs * TICKS_A_MS, lastTick + 1) * NODES_A_TICK + node
    this.#take(node, { value, stamp })
    for (let other = 0; other < this.#play.nodes; other++) {
      if (other !== node) this.#underWay.push({ node: other, atMs: atMs + this.#draw(this.#play.lagMs + 1), held: { value, stamp } })
    }
  }

  arriveUntil(atMs: number): void {
    const due = this.#underWay.filter(one => one.atMs <= atMs).toSorted((a, b) => a.atMs - b.atMs)
    this.#underWay = this.#underWay.filter(one => one.atMs > atMs)
    for (const { node, held } of due) this.#take(node, held)
  }

  #take(node: number, held: Held): void {
    this.#clock[node] = Math.max(this.#clock[node] ?? 0, held.stamp)
    const isNewer = held.stamp > (this.#held[node]?.stamp ?? -Infinity)
    if (isNewer || this.#play.isLastArrivalKept === true) this.#held[node] = held
  }
}
