/** Which contract a candidate is held to. */
export type ExerciseName = 'chat' | 'kv'

/** Every check of the chat contract, in its order. The ids are stable: rubric, questions, reports and samples use them. */
export const CHECK_IDS = [
  's1.fanout',
  's1.body',
  's1.pipelining',
  's1.many-channels',
  's1.large-channel',
  's1.latency',
  's1.isolation',
  's1.no-history',
  's1.rejoin',
  's1.disconnect',
  's1.race.first-join',
  's1.race.join-order',
  's1.race.same-connection',
  's1.race.join-while-sending',
  's1.race.churn',
  's1.cost.join',
  's1.cost.send',
  's1.cost.leave',
  's1.takeover',
  's1.race.takeover',
  's2.isolation',
  's2.bounded',
  's2.eviction',
  's2.recovery',
  's3.capacity',
  's3.mesh',
  's3.shedding',
  's3.connections',
  'safe.malformed',
  'safe.oversized',
  'safe.half-open',
] as const

/** Every check of the key-value contract, in its order. */
export const KV_CHECK_IDS = [
  'k1.basics',
  'k1.bytes',
  'k1.concurrent',
  'k2.durable',
  'k2.shutdown',
  'k3.replication',
  'k3.converge',
  'k3.no-resurrection',
  'k4.join',
  'k4.stale-restart',
  'k4.lone-restart',
  'k5.failover',
  'k5.partition',
  'k5.dead-peer',
  'k6.linearizable',
  'k6.load',
  'k6.saturation',
  'safe.http',
] as const

export type CheckId = (typeof CHECK_IDS)[number] | (typeof KV_CHECK_IDS)[number]

/** The checks of an exercise that a pattern names: an id, or `s1.race.*` for all that begin so. */
export function checksNamed(pattern: string, exercise: ExerciseName = 'chat'): readonly CheckId[] {
  const ids: readonly CheckId[] = exercise === 'kv' ? KV_CHECK_IDS : CHECK_IDS
  return pattern.endsWith('.*') ? ids.filter(id => id.startsWith(pattern.slice(0, -1))) : ids.filter(id => id === pattern)
}
