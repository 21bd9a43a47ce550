import { PLAIN } from '../amplifiers.ts'
import type { Check, CheckContext, CheckFinding } from '../check.ts'
import { misbehaviour } from '../name-claim.ts'
import { newTally, type RaceTally } from '../race-tally.ts'
import { batchesWanted, raceVerdict } from '../race-verdict.ts'
import { release, releaseOf } from '../release.ts'
import type { Scene } from '../scene.ts'

const CLAIMANTS = 10
const NAMES = 3
const BATCHES = 20
const QUICK_BATCHES = 8
const MOST_BATCHES = 60
const SETTLED_MS = 10_000
/** A control's faults are only counted. */
const CONTROL_SETTLED_MS = 4000
const AFTERMATH_MS = 50
const COMERS = 40
const GOERS = 20

export const raceTakeover: Check = {
  id: 's1.race.takeover',
  stage: '1',
  title: 'When many connections claim one name at once, the declared policy holds, and whoever stays works.',
  provokes:
    'Ten connections say hello with the same name at once, for three names together, released by a thaw or in a burst; then one more claims each name. Others join a channel at the moment of their hello, or leave, and then their names are claimed.',
  needs: ['usernames'],
  server: 'fresh',
  budgetMs: 180_000,
  async run(context) {
    const scene = context.scene()
    const tally = newTally()
    if (context.measure !== null) return await measureClaims(context, scene, tally, context.measure)
    const playUpTo = async (batches: number): Promise<CheckFinding | null> => {
      while (tally.batches < batches) {
        context.progress(`batch ${tally.batches + 1} of ${batches}`)
        const wrong = await playBatch(context, scene, tally)
        if (wrong !== null) return wrong
      }
      return null
    }
    const early = await playUpTo(context.quick ? QUICK_BATCHES : BATCHES)
    if (early !== null) return early
    const control = await context.control(raceTakeover, PLAIN)
    const late = await playUpTo(Math.min(MOST_BATCHES, batchesWanted(control)))
    if (late !== null) return late
    await scene.quiet()
    const finding = raceVerdict(tally, control)
    if (finding.outcome !== 'pass') return finding
    const held = `The policy \`${context.usernames ?? ''}\` held for ${tally.rounds} names in ${tally.batches} batches.`
    return { ...finding, reason: `${held} ${finding.reason}` }
  },
}

async function playBatch(context: CheckContext, scene: Scene, tally: RaceTally): Promise<CheckFinding | null> {
  tally.rounds += NAMES
  const batch = tally.batches++
  const wrong = (await claimAtOnce(context, scene, batch)) ?? (await comeAndGo(context, scene, batch))
  if (wrong === null) return null
  tally.failedRounds++
  tally.failedBatches++
  return wrong
}

/** On a control every catch is counted, and it goes on. */
async function measureClaims(
  context: CheckContext,
  scene: Scene,
  tally: RaceTally,
  limit: { readonly batches: number; readonly catches: number },
): Promise<CheckFinding> {
  const startMs = context.nowMs()
  while (tally.batches < limit.batches && tally.failedBatches < limit.catches) {
    const wrong = await playBatch(context, scene, tally)
    if (wrong === null) continue
    tally.firstFailureSeconds ??= (context.nowMs() - startMs) / 1000
    for (const actor of scene.actors) actor.close()
    scene.retire([...scene.actors])
  }
  const outcome = tally.failedBatches > 0 ? 'fail' : 'pass'
  return { outcome, reason: `${tally.failedBatches} of ${tally.batches} batches`, power: { statement: '', ...tally, control: null } }
}

async function claimAtOnce(context: CheckContext, scene: Scene, batch: number): Promise<CheckFinding | null> {
  const names = Array.from({ length: NAMES }, () => scene.freshChannel('name'))
  const groups = await Promise.all(names.map(async (_, at) => await scene.openMany(CLAIMANTS, `claimant ${at + 1}.`)))
  const reason = context.usernames === 'refuse' ? 'its name was taken' : 'replaced by another of the same name'
  if (context.usernames !== 'allow') for (const actor of groups.flat()) actor.mayBeClosed(reason)
  await release(context, scene.server, releaseOf(batch), () => {
    for (let place = 0; place < CLAIMANTS; place++) names.forEach((name, at) => void groups[at]?.[place]?.hello(name))
  })
  for (const [at, name] of names.entries()) {
    const group = groups[at] ?? []
    const stays = context.usernames === 'allow' ? CLAIMANTS : 1
    const holders = () => group.filter(actor => actor.isOpen && actor.welcomed > 0)
    const isDecided = (): boolean => group.every(actor => actor.isClosed || actor.welcomed > 0 || actor.refusals > 0)
    const holds = (): boolean => isDecided() && holders().length === stays
    if (!(await context.patience.within(settledMs(context), holds, scene.server))) {
      const text = `${CLAIMANTS} connections claimed ${JSON.stringify(name)} at once, and 10 s later ${holders().length} of them were welcome and open; the policy \`${context.usernames ?? ''}\` leaves ${stays}.`
      return misbehaviour({ text, events: [{ lane: 'claimants', atMs: null, kind: 'wrong', text }] })
    }
  }
  await context.patience.pause(AFTERMATH_MS, scene.server)
  const wrong = await oneMoreClaim(
    context,
    scene,
    names,
    groups.map(group => group.filter(actor => actor.isOpen && actor.welcomed > 0)),
  )
  for (const actor of groups.flat()) actor.close()
  scene.retire(groups.flat())
  return wrong
}

type Groups = readonly (readonly Scene['actors'][number][])[]

/** Whoever stayed works; and the server knows who it is, so that one more claim meets the policy again. */
async function oneMoreClaim(context: CheckContext, scene: Scene, names: readonly string[], holders: Groups): Promise<CheckFinding | null> {
  for (const [at, name] of names.entries()) {
    const channel = scene.freshChannel('stays')
    for (const holder of holders[at] ?? []) await holder.enter([channel])
    for (const holder of holders[at] ?? []) holder.send(channel)
    await scene.settle()
    const late = await scene.open('one more claimant')
    if (context.usernames !== 'allow') late.mayBeClosed('its name was taken, or is claimed again')
    late.hello(name)
    const isRight = (): boolean => {
      if (context.usernames === 'refuse') return late.welcomed === 0 && (late.refusals > 0 || late.isClosed)
      return late.welcomed > 0 && (context.usernames === 'allow' || (holders[at] ?? []).every(holder => holder.isClosed))
    }
    if (!(await context.patience.within(settledMs(context), isRight, scene.server))) {
      const text = `After ${CLAIMANTS} claims of ${JSON.stringify(name)} at once, one more claim did not meet the policy \`${context.usernames ?? ''}\` within 10 s.`
      return misbehaviour({ text, events: [{ lane: late.name, atMs: null, kind: 'wrong', text }] })
    }
    late.close()
  }
  return null
}

/** Connections with names of their own: some join at the moment of their claim, and are members once; the others leave, and keep the name from nobody. */
async function comeAndGo(context: CheckContext, scene: Scene, batch: number): Promise<CheckFinding | null> {
  const channel = scene.freshChannel('comes')
  const comers = await scene.openMany(COMERS, 'joins as it claims')
  const goers = await scene.openMany(GOERS, 'leaves as it claims')
  const names = goers.map(() => scene.freshChannel('name'))
  await release(context, scene.server, releaseOf(batch), () => {
    for (const comer of comers) {
      comer.join([channel])
      comer.hello(scene.freshChannel('name'))
      comer.join([channel])
    }
    goers.forEach((goer, at) => {
      goer.hello(names[at] ?? '')
      goer.close(at % 2 === 0 ? 'close' : 'reset')
    })
  })
  await scene.allSettled()
  const areWelcome = (): boolean => comers.every(comer => comer.welcomed > 0)
  if (!(await context.patience.within(settledMs(context), areWelcome, scene.server))) {
    const text = `Of ${COMERS} connections that claimed a name of their own and joined at once, ${comers.filter(comer => comer.welcomed > 0).length} were welcomed within 10 s.`
    return misbehaviour({ text, events: [{ lane: 'claimants', atMs: null, kind: 'wrong', text }] })
  }
  await scene.enterAll(comers, [channel])
  comers[0]?.send(channel)
  await scene.settle()
  const wrong = await claimFreed(context, scene, names)
  for (const comer of comers) comer.close()
  scene.retire([...comers, ...goers])
  return wrong
}

/** The names of those who have left can be had again; a server gets some time to notice. */
async function claimFreed(context: CheckContext, scene: Scene, names: readonly string[]): Promise<CheckFinding | null> {
  const endMs = context.nowMs() + settledMs(context)
  let left = names
  for (;;) {
    await context.patience.pause(AFTERMATH_MS, scene.server)
    const late = await scene.openMany(left.length, 'claimant of a name that is free')
    late.forEach((actor, at) => {
      actor.mayBeClosed('its name may not be free yet')
      actor.hello(left[at] ?? '')
    })
    const isAnswered = (): boolean => late.every(actor => actor.welcomed > 0 || actor.refusals > 0 || actor.isClosed)
    await context.patience.within(settledMs(context), isAnswered, scene.server)
    left = left.filter((_, at) => late[at]?.welcomed === 0)
    for (const actor of late) actor.close()
    scene.retire(late)
    if (left.length === 0) return null
    if (context.nowMs() < endMs) continue
    const text = `${left.length} of ${names.length} names were claimed by connections that left at that moment, and nobody is welcomed with them 10 s later.`
    return misbehaviour({ text, events: [{ lane: 'claimants', atMs: null, kind: 'wrong', text }] })
  }
}

function settledMs({ measure }: CheckContext): number {
  return measure === null ? SETTLED_MS : CONTROL_SETTLED_MS
}
