/**
 * The same race under each amplifier of the language, after a plain hunt that found nothing. It can only add a failure: the verdict of the
 * plain hunt and its power are what a pass rests on, and what the controls did under the same amplifier stands beside each.
 */
import { cpus } from 'node:os'
import type { CheckPower } from '../record/check-record.ts'
import { amplifiersOf, underProfile } from './amplifiers.ts'
import type { Check, CheckContext, CheckFinding } from './check.ts'
import { RaceHunt } from './race-batches.ts'
import type { BeginRace } from './race-hunt.ts'
import type { RaceTally } from './race-tally.ts'

const BATCHES = 8

type AmplifiedPower = NonNullable<CheckPower['amplified']>[number]

export async function huntAmplified(check: Check, context: CheckContext, begin: BeginRace, plain: CheckFinding): Promise<CheckFinding> {
  if (!context.server.canFreeze || plain.power === undefined) return plain
  const amplified: AmplifiedPower[] = []
  for (const { name } of amplifiersOf(context.language, cpus().length)) {
    const tally = await playUnder(context, begin, name)
    if (tally === null) continue
    const isFailed = tally.failedBatches > 0
    const answer = isFailed ? 'unknown' : await context.control(check, name)
    const { rounds, batches, failedRounds, failedBatches } = tally
    const control = typeof answer === 'string' ? null : answer
    amplified.push({ profile: name, rounds, batches, failedRounds, failedBatches, control })
    if (isFailed) break
  }
  if (amplified.length === 0) return plain
  const statement = [plain.power.statement, ...amplified.map(sentence)].join(' ')
  const power = { ...plain.power, statement, amplified }
  if (amplified.some(({ failedBatches }) => failedBatches > 0)) return { outcome: 'fail', reason: statement, power }
  return { ...plain, power, reason: plain.outcome === 'pass' ? statement : plain.reason }
}

/** `null` where something came so late that the batches say nothing. */
async function playUnder(context: CheckContext, begin: BeginRace, profile: string): Promise<RaceTally | null> {
  return await underProfile(context.language, profile, async options => {
    const server = await context.startServer(options)
    const scene = context.scene(server)
    const hunt = new RaceHunt(context, scene, begin(context), profile)
    await hunt.playUpTo(BATCHES)
    await scene.quiet()
    await scene.close()
    await server.stop()
    return hunt.isShown() ? hunt.tally : null
  })
}

function sentence({ profile, failedRounds, rounds, failedBatches, batches, control }: AmplifiedPower): string {
  const beside = control === null ? '' : ` (its racy control in ${control.failedBatches} of ${control.batches})`
  return `Under ${profile}: ${failedRounds} of ${rounds} rounds, in ${failedBatches} of ${batches} batches${beside}.`
}
