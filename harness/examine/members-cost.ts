/**
 * What a join costs the server among few and among many members of the channel itself. It is shown to the interviewer and never judged: a set
 * that is copied when it changes grows with its members, and is a right choice where sends are many and joins few.
 */
import type { Actor } from './actor.ts'
import type { CheckContext } from './check.ts'
import { costOf } from './cost-meter.ts'
import { leaveAll } from './population.ts'
import type { Scene } from './scene.ts'

const FEW = 10
const MANY = 500
/** Of each kind; a probe joins all of one kind. */
const CHANNELS = 20
const PROBES = 40
const VISITS = 5

export interface MembersCost {
  readonly fewMembers: number
  readonly manyMembers: number
  /** Microseconds of CPU a join, medians. */
  readonly fewUs: number
  readonly manyUs: number
}

/** `null` where the server's CPU cannot be read. */
export async function costAmongMembers(context: CheckContext, scene: Scene): Promise<MembersCost | null> {
  const channelsOf = (kind: string): string[] => Array.from({ length: CHANNELS }, () => scene.freshChannel(kind))
  const [few, many] = [channelsOf('few'), channelsOf('many')]
  const members = await scene.openMany(MANY, 'member')
  await scene.enterAll(members, many)
  await scene.enterAll(members.slice(0, FEW), few)
  const costs: { fewUs: number; manyUs: number }[] = []
  for (let visit = 0; visit < VISITS; visit++) {
    context.progress(`joins among ${FEW} and ${MANY} members, ${visit + 1} of ${VISITS}`)
    const fewUs = await costOfJoins(context, scene, few)
    const manyUs = await costOfJoins(context, scene, many)
    if (fewUs === null || manyUs === null) return null
    costs.push({ fewUs, manyUs })
  }
  const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[VISITS >> 1] ?? 0
  return {
    fewMembers: FEW,
    manyMembers: MANY,
    fewUs: middle(costs.map(({ fewUs }) => fewUs)),
    manyUs: middle(costs.map(({ manyUs }) => manyUs)),
  }
}

async function costOfJoins(context: CheckContext, scene: Scene, channels: readonly string[]): Promise<number | null> {
  const probes = await scene.openMany(PROBES, 'probe')
  return await costOf(context, scene, {
    operations: PROBES * channels.length,
    run: async () => await joinAll(scene, probes, channels),
    cleanUp: async () => {
      for (const probe of probes) probe.close()
      await leaveAll(scene, probes)
    },
  })
}

async function joinAll(scene: Scene, probes: readonly Actor[], channels: readonly string[]): Promise<void> {
  const tickets = probes.map(probe => probe.pipeline(channels.map(channel => ({ join: [channel] }))))
  await scene.settledAll(
    probes.flatMap((probe, place) => tickets[place]?.map(() => probe) ?? []),
    tickets.flat(),
  )
}
