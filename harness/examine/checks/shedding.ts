import type { RunRecord } from '../../record/run-record.ts'
import type { Check, CheckContext, CheckFinding } from '../check.ts'
import { evidenceOfTrial, factAgainst, playTrial } from '../load-trial.ts'
import { findRoomCapacity, roomScenario } from '../room-capacity.ts'

const FACTOR = 3
const OVERLOAD_SECONDS = 10
const SETTLE_SECONDS = 5
const AFTER_SECONDS = 4
const CAP_BYTES = 2 * 1024 ** 3
/** Longer than the contract's "stuck": a server that needs so long to deliver again has not come back. */
const DRAIN_SECONDS = 20
const LOOKS = 3
/** A hiccup's worth of shedding is not an overload that never ends. */
const SHED_SHARE = 0.05

export const shedding: Check = {
  id: 's3.shedding',
  stage: '3',
  title: 'At 3× its capacity the server lives and serves some; 5 s after the load falls back the SLA holds again.',
  provokes:
    'A room of 200 gets three times what the server was found to carry, for 10 s, and then half of it; sends of the overload may be shed.',
  needs: [],
  server: 'fresh',
  budgetMs: 150_000,
  async run(context) {
    context.progress('its capacity')
    const capacity = await findRoomCapacity(context, context.server)
    const fails: CheckFinding[] = []
    let passes = 0
    for (let look = 0; look < LOOKS; look++) {
      const finding = await overload(context, capacity.perSecond, context.seed + look)
      if (finding.outcome !== 'fail' && finding.outcome !== 'pass') return finding
      if (finding.outcome === 'fail') fails.push(finding)
      else passes++
      // One pass at the first look is enough; after a fail, two of three decide, each on a fresh server.
      if (passes === 2 || (passes === 1 && fails.length === 0)) return finding
      if (fails.length === 2) return finding
    }
    return fails[0] ?? { outcome: 'inconclusive', reason: 'No look was decided.' }
  },
}

/** Half of the capacity is the rate that everything else is a factor of. */
export function overloadScenario(capacityPerSecond: number, slaMs: number) {
  const phases = [
    { name: 'warm-up', kind: 'warm-up', seconds: 1.5 },
    { name: 'overload', kind: 'spike', seconds: OVERLOAD_SECONDS, load: 2 * FACTOR, overload: true },
    // These carry an id too, or a server that never stops shedding could not show it.
    { name: 'settling', kind: 'hold', seconds: SETTLE_SECONDS, overload: true },
    { name: 'after', kind: 'hold', seconds: AFTER_SECONDS, overload: true },
    { name: 'drain', kind: 'drain', seconds: DRAIN_SECONDS },
  ]
  return roomScenario('overload', phases, slaMs, capacityPerSecond / 2)
}

async function overload(context: CheckContext, capacityPerSecond: number, seed: number): Promise<CheckFinding> {
  const server = await context.startServer()
  context.progress(`${capacityPerSecond * FACTOR} messages a second`)
  const scenario = overloadScenario(capacityPerSecond, context.slaMs)
  const record = await playTrial({ scenario, server, seed, signal: context.signal })
  context.signal.throwIfAborted()
  await server.stop()
  return judge(context, record, capacityPerSecond)
}

function judge(context: CheckContext, record: RunRecord, capacityPerSecond: number): CheckFinding {
  const { summary } = record
  const during = record.phases.find(({ name }) => name === 'overload')
  const rows = record.timeline.rows.filter(row => during !== undefined && row.atMs >= during.startMs && row.atMs < during.endMs)
  const served = rows.reduce((sum, row) => sum + row.deliveries, 0)
  const settledMs = (during?.endMs ?? 0) + SETTLE_SECONDS * 1000
  const after = record.timeline.rows.filter(row => row.atMs >= settledMs && row.sent > 0)
  const shedAfter = after.reduce((sum, row) => sum + row.shed, 0)
  const sentAfter = after.reduce((sum, row) => sum + row.sent, 0)
  const late = after.filter(row => row.completionP99 > context.slaMs || row.completionMax === 0)
  const figures: Record<string, number> = {
    capacityMessagesPerSecond: capacityPerSecond,
    overloadDeliveries: served,
    overloadShed: summary.shed,
    overloadUnsent: summary.generator.unsent,
    rssBytesMax: summary.server?.rssBytesMax ?? 0,
    afterP99Ms: after.reduce((most, row) => Math.max(most, row.completionP99), 0),
  }
  const facts = `at ${capacityPerSecond * FACTOR} messages a second (3× its capacity) for ${OVERLOAD_SECONDS} s`
  const wrong = (text: string): CheckFinding => ({ outcome: 'fail', reason: text, figures, evidence: evidenceOfTrial(record) })
  if (record.endedBy === 'server') return wrong(`The server ended ${facts}: ${record.statusText}`)
  if (record.endedBy !== 'schedule') return { outcome: 'inconclusive', reason: record.statusText, figures }
  if ((summary.server?.rssBytesMax ?? 0) > CAP_BYTES) return wrong(`The server's memory passed 2 GiB ${facts}.`)
  const fact = factAgainst(record)
  if (fact !== null) return wrong(`${fact} (${facts})`)
  if (served === 0) return wrong(`Nothing was delivered ${facts}.`)
  if (shedAfter > sentAfter * SHED_SHARE) {
    return wrong(
      `${SETTLE_SECONDS} s after the load fell back to half its capacity, ${shedAfter} of ${sentAfter} messages were still shed, ${facts}.`,
    )
  }
  const lag = record.generatorSamples.filter(sample => sample.atMs >= settledMs)
  const isOurs = lag.some(sample => sample.sendLagMaxMs > context.slaMs / 4 || sample.loopDelayMaxMs > context.slaMs / 4)
  const unserved = record.thresholds.filter(({ name, outcome }) => outcome !== 'pass' && (name === 'lost' || name === 'dropped'))
  if (late.length > 0 || unserved.length > 0) {
    const text =
      late.length > 0
        ? `${SETTLE_SECONDS} s after the load fell back to half, p99 completion was still above ${context.slaMs} ms (or nothing came) in ${late.length} of ${after.length} intervals`
        : (unserved[0]?.explanation ?? '')
    if (isOurs || unserved.some(({ outcome }) => outcome === 'inconclusive')) {
      return { outcome: 'inconclusive', reason: `generator saturated: ${text}, ${facts}.`, figures }
    }
    return wrong(`${text}, ${facts}.`)
  }
  return {
    outcome: 'pass',
    reason: `It lived ${facts}, and ${SETTLE_SECONDS} s later p99 completion was ${(figures['afterP99Ms'] ?? 0).toFixed(0)} ms (${summary.shed} messages shed).`,
    figures,
  }
}
