/** When users who do not stay are connected. */
import type { Churn } from './scenario.ts'
import { createRandom, type Random } from './seeded-random.ts'

/**
 * User u is connected from `connectAtMs[i]` to `closeAtMs[i]` for each i from `offsets[u]` to `offsets[u + 1] - 1`. Users without
 * sessions stay throughout. A `connectAtMs` of 0 means: connects and joins with everybody else, before the schedule starts; a
 * `closeAtMs` of Infinity: stays to the end.
 */
export interface SessionPlan {
  readonly offsets: Uint32Array
  readonly connectAtMs: Float64Array
  readonly closeAtMs: Float64Array
}

/** After connecting and before closing, a user sends nothing for this long: its join must be through, and its last message out. */
export const SESSION_MARGIN_MS = 250

type Session = readonly [connectAtMs: number, closeAtMs: number]

/** `churners` ascending. */
export function planSessions(churn: Churn, churners: Uint32Array, users: number, scheduleMs: number, seed: number): SessionPlan {
  const random = createRandom(seed, 'churn')
  const sessionsOf = new Map<number, readonly Session[]>()
  for (const user of churners) sessionsOf.set(user, sessions(churn, scheduleMs, random))
  const offsets = new Uint32Array(users + 1)
  for (let user = 0; user < users; user++) offsets[user + 1] = (offsets[user] ?? 0) + (sessionsOf.get(user)?.length ?? 0)
  const all = [...sessionsOf.values()].flat()
  return {
    offsets,
    connectAtMs: Float64Array.from(all, ([connectAtMs]) => connectAtMs),
    closeAtMs: Float64Array.from(all, ([, closeAtMs]) => closeAtMs),
  }
}

function sessions(churn: Churn, scheduleMs: number, random: Random): readonly Session[] {
  if (churn.kind === 'come-and-go') return comingAndGoing(churn.stayMs, churn.awayMs, scheduleMs, random)
  return reconnecting(churn.atSeconds, churn.withinMs, random)
}

/** Everyone has the same rhythm but begins somewhere else in it, so that as many come as go at any moment. */
function comingAndGoing(stayMs: number, awayMs: number, scheduleMs: number, random: Random): readonly Session[] {
  const found: Session[] = []
  let connectAtMs = -random.next() * (stayMs + awayMs)
  while (connectAtMs < scheduleMs) {
    const closeAtMs = connectAtMs + stayMs
    if (closeAtMs > 0) found.push([Math.max(0, connectAtMs), closeAtMs < scheduleMs ? closeAtMs : Infinity])
    connectAtMs = closeAtMs + awayMs
  }
  return found
}

function reconnecting(atSeconds: readonly number[], withinMs: number, random: Random): readonly Session[] {
  const found: Session[] = []
  let connectAtMs = 0
  for (const second of atSeconds) {
    found.push([connectAtMs, second * 1_000])
    // Never at the very moment of the close: a connection cannot reopen before it is closed.
    connectAtMs = second * 1_000 + Math.max(1, random.next() * withinMs)
  }
  found.push([connectAtMs, Infinity])
  return found
}
