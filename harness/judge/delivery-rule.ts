/**
 * The delivery rule of the chat contract as a pure function of a recorded history. Sections below follow the contract's own words: must,
 * must not, garbled, dropped, stuck, census. Whatever is in none of them is `may`, and never judged.
 */
import type { ClientRecord, History, MessageRecord } from '../record/history.ts'
import { type ChannelMembers, indexHistory, type HistoryIndex } from './history-index.ts'
import type { Violation } from './violation.ts'

export function judgeHistory(history: History): Violation[] {
  const index = indexHistory(history)
  const violations: Violation[] = []
  history.messages.forEach((message, at) => {
    violations.push(...lost(history, index, message, at), ...mustNot(history, index, message, at))
  })
  violations.push(...strays(history), ...faults(history), ...dropped(history), ...census(history, index))
  return violations
}

/** must: `done(join of c by r) < call(m)`, and r and the sender stay open and reading until things are quiet. */
function lost(history: History, index: HistoryIndex, message: MessageRecord, at: number): Violation[] {
  const quietAtMs = history.quietAtMs.find(quiet => quiet > message.callAtMs)
  // What was sent after the last quiet is not over yet: nothing of it can be called lost.
  if (quietAtMs === undefined) return []
  if (message.mayBeShed && message.answeredAtMs !== null) return []
  if (!senderStays(history, index, message, at, quietAtMs)) return []
  const members = index.membersOf(message.channel)
  return [...members.doneAtMs].flatMap(([client, doneAtMs]) => {
    const isMust = doneAtMs < message.callAtMs && staysUntil(history.clients[client], quietAtMs)
    return isMust && !index.hasRead(client, at) ? [{ kind: 'lost' as const, client, message: at }] : []
  })
}

function senderStays(history: History, index: HistoryIndex, message: MessageRecord, at: number, quietAtMs: number): boolean {
  const sender = history.clients[message.client]
  if (staysUntil(sender, quietAtMs)) return true
  const ownCopyAtMs = index.firstReadAtMs(message.client, at)
  return ownCopyAtMs !== undefined && sender !== undefined && surelyOpenUntilMs(sender) > ownCopyAtMs
}

/** open(r) ends for sure when the harness starts to close it, or at the last byte seen before the server closed it. */
function surelyOpenUntilMs(client: ClientRecord): number {
  const closedByServer = client.closedAtMs === null ? Infinity : (client.lastByteAtMs ?? client.openedAtMs ?? 0)
  return Math.min(client.closeCalledAtMs ?? Infinity, client.closeCalledAtMs === null ? closedByServer : Infinity)
}

function staysUntil(client: ClientRecord | undefined, quietAtMs: number): boolean {
  if (client === undefined || client.openedAtMs === null) return false
  return surelyOpenUntilMs(client) > quietAtMs && (client.stoppedReadingAtMs ?? Infinity) > quietAtMs
}

/** must not: a reader that never asked, that asked only after all was over, or that had read it already. */
function mustNot(history: History, index: HistoryIndex, message: MessageRecord, at: number): Violation[] {
  const members = index.membersOf(message.channel)
  const reads = index.readsOf(at)
  if (reads === undefined) return []
  const historyFromMs = overFromMs(history, index, members, message, at)
  return [...reads].flatMap(([client, times]): Violation[] => {
    const [firstAtMs = 0] = times
    const found: Violation[] = []
    const calledAtMs = members.calledAtMs.get(client)
    if (calledAtMs === undefined || calledAtMs > firstAtMs) {
      found.push({ kind: 'misdelivered', client, message: at, atMs: firstAtMs, stray: null })
    } else if (calledAtMs >= historyFromMs) {
      found.push({ kind: 'history', client, message: at })
    }
    if (times.length > 1) found.push({ kind: 'duplicated', client, message: at })
    return found
  })
}

/**
 * From when on a call to join comes too late for the message: every receiver, must or may, has read it or closed, and things were quiet.
 * Whoever calls before that is a receiver itself, so the joiners are gone through in the order of their calls.
 */
function overFromMs(history: History, index: HistoryIndex, members: ChannelMembers, message: MessageRecord, at: number): number {
  const quietAtMs = history.quietAtMs.find(quiet => quiet > message.callAtMs)
  if (quietAtMs === undefined) return Infinity
  let overAtMs = quietAtMs
  for (const [client, calledAtMs] of members.callOrder) {
    if (calledAtMs >= overAtMs) return overAtMs
    const readAtMs = index.firstReadAtMs(client, at) ?? Infinity
    overAtMs = Math.max(overAtMs, Math.min(readAtMs, endedAtMs(history.clients[client])))
  }
  return overAtMs
}

/** open(r) possibly lasts until the close was seen. */
function endedAtMs(client: ClientRecord | undefined): number {
  return client?.closedAtMs ?? Infinity
}

function strays(history: History): Violation[] {
  return history.strays.map((stray, at): Violation => {
    if (stray.like?.differs !== 'channel')
      return { kind: 'corrupted', client: stray.client, message: stray.like?.message ?? null, stray: at }
    return { kind: 'misdelivered', client: stray.client, message: stray.like.message, atMs: stray.atMs, stray: at }
  })
}

function faults(history: History): Violation[] {
  return history.faults.map((fault, at): Violation => {
    switch (fault.kind) {
      case 'garbled':
      case 'stuck':
        return { kind: fault.kind, client: fault.client, fault: at }
      case 'refused':
      case 'closed':
        return { kind: 'dropped', client: fault.client, fault: at }
    }
  })
}

/** dropped: a close that nothing provoked. */
function dropped(history: History): Violation[] {
  return history.clients.flatMap((client, at) => {
    const byServer = client.openedAtMs !== null && client.closedAtMs !== null && client.closeCalledAtMs === null
    return byServer && client.mayBeClosed === '' ? [{ kind: 'dropped' as const, client: at, fault: null }] : []
  })
}

/** census: fresh messages of one channel, sent when quiet, reach the same receivers. */
function census(history: History, index: HistoryIndex): Violation[] {
  return history.censuses.flatMap(group => {
    const firstCallMs = Math.min(...group.map(at => history.messages[at]?.callAtMs ?? Infinity))
    const quietAtMs = history.quietAtMs.find(quiet => quiet > Math.max(...group.map(at => history.messages[at]?.callAtMs ?? Infinity)))
    const channel = history.messages[group[0] ?? -1]?.channel
    if (quietAtMs === undefined || channel === undefined) return []
    // Who joined while the census ran, or left before its end, may have some of its messages and not others.
    const steady = index.membersOf(channel).callOrder.filter(([client, calledAtMs]) => {
      const doneAtMs = index.membersOf(channel).doneAtMs.get(client) ?? Infinity
      return calledAtMs < firstCallMs && doneAtMs < firstCallMs && staysUntil(history.clients[client], quietAtMs)
    })
    return steady.flatMap(([client]) => unequal(index, client, group))
  })
}

function unequal(index: HistoryIndex, client: number, group: readonly number[]): Violation[] {
  const reached = group.find(at => index.hasRead(client, at))
  const missed = group.find(at => !index.hasRead(client, at))
  return reached === undefined || missed === undefined ? [] : [{ kind: 'census', client, message: missed, reachedBy: reached }]
}
