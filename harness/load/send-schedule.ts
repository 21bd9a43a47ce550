/** When a worker's users send: the plan's due times in an open model, each user's own pace in a closed one. */
import { closedMessage } from '../scenario/closed-message.ts'
import type { Plan } from '../scenario/plan.ts'

/** One message that is due. The object is reused: read it before the next call. */
export interface DueMessage {
  sender: number
  channel: number
  sequence: number
  dueUs: number
  bodyBytes: number
}

export interface SendSchedule {
  /** When the next message is due (µs since the start); Infinity when none is known. */
  readonly nextDueUs: number
  /** True when nothing will become due any more. */
  readonly isOver: boolean
  /** Takes the next message; call only when `nextDueUs` has come. */
  take(into: DueMessage): void
  /** A user has read its own copy (or must not wait for it any longer). */
  answered(user: number, nowUs: number): void
}

/** The messages of an open model whose senders `isLocal`. */
export function createOpenSchedule(plan: Plan, isLocal: (user: number) => boolean): SendSchedule {
  const { messages } = plan
  const mine: number[] = []
  for (let i = 0; i < messages.count; i++) if (isLocal(messages.sender[i] ?? 0)) mine.push(i)
  const order = Int32Array.from(mine)
  const dueUs = (position: number): number =>
    position < order.length ? Math.round((messages.dueMs[order[position] ?? 0] ?? 0) * 1000) : Infinity
  let next = 0
  return {
    get nextDueUs() {
      return dueUs(next)
    },
    get isOver() {
      return next >= order.length
    },
    take(into) {
      const i = order[next] ?? 0
      into.sender = messages.sender[i] ?? 0
      into.channel = messages.channel[i] ?? 0
      into.sequence = messages.sequence[i] ?? 0
      into.dueUs = dueUs(next)
      into.bodyBytes = messages.bodyBytes[i] ?? 0
      next++
    },
    answered() {
      // The clock alone decides in an open model.
    },
  }
}

/**
 * A closed model: each local sender keeps `outstandingPerUser` messages under way and thinks for `thinkTimeMs` after reading its own copy.
 * Sequences of a channel are dealt to the workers in turn (worker 0 takes 0, w, 2w, …), so that no two workers number alike.
 */
export function createClosedSchedule(plan: Plan, worker: number, workers: number, senders: readonly number[]): SendSchedule {
  const closed = plan.closed ?? { thinkTimeMs: 1, outstandingPerUser: 1 }
  const thinkUs = closed.thinkTimeMs * 1000
  const endUs = plan.scheduleMs * 1000
  const nextSequence = new Int32Array(plan.channelNames.length).fill(worker)
  const nextOfUser = new Map<number, number>()
  // Think time is the same for all, so users become due in the order in which they were answered: a queue is enough.
  const queue: { user: number; dueUs: number }[] = []
  let head = 0
  senders.forEach((user, position) => {
    const firstUs = (thinkUs * position) / Math.max(1, senders.length)
    for (let i = 0; i < closed.outstandingPerUser; i++) queue.push({ user, dueUs: Math.round(firstUs) })
  })
  const peek = (): number => queue[head]?.dueUs ?? Infinity
  return {
    get nextDueUs() {
      const due = peek()
      return due < endUs ? due : Infinity
    },
    isOver: false,
    take(into) {
      const { user, dueUs } = queue[head] ?? { user: 0, dueUs: 0 }
      head++
      if (head > 4096 && head * 2 > queue.length) head = queue.splice(0, head).length * 0
      const n = nextOfUser.get(user) ?? 0
      nextOfUser.set(user, n + 1)
      const { channel, bodyBytes } = closedMessage(plan, user, n)
      const sequence = nextSequence[channel] ?? 0
      nextSequence[channel] = sequence + workers
      into.sender = user
      into.channel = channel
      into.sequence = sequence
      into.dueUs = dueUs
      into.bodyBytes = bodyBytes
    },
    answered(user, nowUs) {
      const dueUs = Math.round(nowUs + thinkUs)
      if (dueUs < endUs) queue.push({ user, dueUs })
    },
  }
}
