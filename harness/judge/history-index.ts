import type { History } from '../record/history.ts'

export interface ChannelMembers {
  /** When each client first called a join of the channel, and when the first of its joins was acknowledged. */
  readonly calledAtMs: ReadonlyMap<number, number>
  readonly doneAtMs: ReadonlyMap<number, number>
  /** Clients in the order of their first call. */
  readonly callOrder: readonly (readonly [number, number])[]
}

/** A history's joins and reads, laid out for looking up. */
export interface HistoryIndex {
  membersOf(channel: number): ChannelMembers
  /** Of one message: each reader's read times, ascending; `undefined` when nobody read it. */
  readsOf(message: number): ReadonlyMap<number, readonly number[]> | undefined
  hasRead(client: number, message: number): boolean
  firstReadAtMs(client: number, message: number): number | undefined
}

const NOBODY: ChannelMembers = { calledAtMs: new Map(), doneAtMs: new Map(), callOrder: [] }

export function indexHistory(history: History): HistoryIndex {
  const members = indexMembers(history)
  const reads = indexReads(history)
  return {
    membersOf: channel => members.get(channel) ?? NOBODY,
    readsOf: message => reads.get(message),
    hasRead: (client, message) => reads.get(message)?.has(client) ?? false,
    firstReadAtMs: (client, message) => reads.get(message)?.get(client)?.[0],
  }
}

function indexMembers(history: History): Map<number, ChannelMembers> {
  const called = new Map<number, Map<number, number>>()
  const done = new Map<number, Map<number, number>>()
  for (const join of history.joins) {
    for (const channel of join.channels) {
      keepEarliest(called, channel, join.client, join.callAtMs)
      if (join.doneAtMs !== null) keepEarliest(done, channel, join.client, join.doneAtMs)
    }
  }
  const entries = [...called].map(([channel, calledAtMs]): [number, ChannelMembers] => {
    const callOrder = [...calledAtMs].sort((a, b) => a[1] - b[1])
    return [channel, { calledAtMs, doneAtMs: done.get(channel) ?? new Map<number, number>(), callOrder }]
  })
  return new Map(entries)
}

function keepEarliest(times: Map<number, Map<number, number>>, channel: number, client: number, atMs: number): void {
  let ofChannel = times.get(channel)
  if (ofChannel === undefined) times.set(channel, (ofChannel = new Map()))
  ofChannel.set(client, Math.min(atMs, ofChannel.get(client) ?? Infinity))
}

function indexReads(history: History): Map<number, Map<number, number[]>> {
  const reads = new Map<number, Map<number, number[]>>()
  for (const { client, message, atMs } of history.reads) {
    let ofMessage = reads.get(message)
    if (ofMessage === undefined) reads.set(message, (ofMessage = new Map()))
    const times = ofMessage.get(client)
    if (times === undefined) ofMessage.set(client, [atMs])
    else times.push(atMs)
  }
  return reads
}
