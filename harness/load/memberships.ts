/**
 * Which of a worker's users are in which channels, laid out for the hot path: from a user and a channel to the user's row among the
 * channel's members of this worker, without a hash table and without memory beyond the plan's own arrays.
 */
import type { Plan } from '../scenario/plan.ts'

export interface LocalMemberships {
  /** Row of the user in the channel, or -1 where the user is no member. `user` is a number of the whole run. */
  rowOf(user: number, channel: number): number
  /** The members of a channel that this worker plays, in row order. */
  membersOf(channel: number): readonly number[]
}

/** The users that worker `worker` of `workers` plays: every `workers`-th, so that all workers get a like mixture. */
export function isLocalUser(user: number, worker: number, workers: number): boolean {
  return user % workers === worker
}

export function createLocalMemberships(plan: Plan, worker: number, workers: number): LocalMemberships {
  const { memberOffsets, memberChannels, users, channelNames } = plan
  const members: number[][] = channelNames.map(() => [])
  const rows = new Int32Array(memberChannels.length)
  for (let user = worker; user < users; user += workers) {
    for (let at = memberOffsets[user] ?? 0, end = memberOffsets[user + 1] ?? 0; at < end; at++) {
      const list = members[memberChannels[at] ?? 0] ?? []
      rows[at] = list.length
      list.push(user)
    }
  }
  return {
    membersOf: channel => members[channel] ?? [],
    rowOf(user, channel) {
      const first = memberOffsets[user] ?? 0
      const end = memberOffsets[user + 1] ?? 0
      // Users of one channel, and users of all channels, are found at the first look.
      if (memberChannels[first] === channel && end > first) return rows[first] ?? -1
      if (first + channel < end && memberChannels[first + channel] === channel) return rows[first + channel] ?? -1
      const at = searchAscending(memberChannels, first, end, channel)
      return at < 0 ? -1 : (rows[at] ?? -1)
    },
  }
}

function searchAscending(values: Uint32Array, start: number, end: number, wanted: number): number {
  let low = start
  let high = end - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const value = values[middle] ?? 0
    if (value === wanted) return middle
    if (value < wanted) low = middle + 1
    else high = middle - 1
  }
  return -1
}
