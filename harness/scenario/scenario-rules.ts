/** What a scenario's fields must be to one another. Each rule takes a scenario that the schema has passed and says what is wrong. */
import { SESSION_MARGIN_MS } from './plan-sessions.ts'
import { planSchedule } from './plan-phases.ts'
import { shown, type FieldPath, type Problem } from './scenario-error.ts'
import { sizeProblems } from './scenario-size.ts'
import { FULL_SPEED, type Scenario } from './scenario.ts'

type Rule = (scenario: Scenario) => Problem[]

/** All rules that the scenario breaks; empty when it can be planned. */
export function brokenRules(scenario: Scenario): Problem[] {
  const problems = RULES.flatMap(rule => rule(scenario))
  // Sizes are only worth knowing, and only safe to work out, for a scenario that makes sense.
  return problems.length > 0 ? problems : sizeProblems(scenario)
}

const RULES: readonly Rule[] = [
  channelsExist,
  bodySizesAscend,
  joinsFit,
  ({ phases }) => uniqueNames('phases', phases),
  ({ cohorts }) => uniqueNames('cohorts', cohorts),
  drainIsLast,
  somethingIsMeasured,
  recoveriesOutlastTheirSettling,
  closedHasNoLoad,
  cohortsMakeSense,
  sharesFit,
  churnFits,
  thresholdsCanBeJudged,
]

function channelsExist({ membership, channels }: Scenario): Problem[] {
  if (membership.kind === 'all' || membership.channelsPerUser <= channels) return []
  const text = `Expected \`membership.channelsPerUser\` to be at most \`channels\` (${channels}), got ${membership.channelsPerUser}. Lower it or raise \`channels\`.`
  return [{ paths: [['membership', 'channelsPerUser'], ['channels']], text }]
}

function bodySizesAscend({ body: { bytes } }: Scenario): Problem[] {
  if (typeof bytes === 'number' || bytes.min <= bytes.max) return []
  return [
    problem(['body', 'bytes'], `Expected \`body.bytes.min\` to be at most \`body.bytes.max\` (${bytes.max}), got ${bytes.min}. Swap them.`),
  ]
}

function joinsFit({ join, churn, users, phases }: Scenario): Problem[] {
  if (!join.afterStart) return []
  if (join.perSecond === 0) {
    return [
      problem(
        ['join', 'afterStart'],
        'Expected `join.perSecond` to say how fast users join after the start, got nothing. Set it, e.g. to 200.',
      ),
    ]
  }
  if (churn)
    return [problem(['churn'], 'Expected no `churn` where users join after the start (`join.afterStart`), got both. Leave one out.')]
  const seconds = secondsOf(phases)
  const needed = users / join.perSecond
  if (needed < seconds) return []
  const text = `Expected ${users} users to have joined within the schedule's ${seconds} s, got ${needed} s at \`join.perSecond\` ${join.perSecond}. Raise it or lengthen \`phases\`.`
  return [{ paths: [['join', 'perSecond'], ['users'], ['phases']], text }]
}

export function uniqueNames(list: string, items: readonly { readonly name: string }[]): Problem[] {
  return items.flatMap(({ name }, index) => {
    if (items.findIndex(other => other.name === name) === index) return []
    return [problem([list, index, 'name'], `Expected every name in \`${list}\` to be unique, got ${shown(name)} twice. Rename one.`)]
  })
}

export function drainIsLast({ phases }: Pick<Scenario, 'phases'>): Problem[] {
  const drain = phases.findIndex(({ kind }) => kind === 'drain')
  if (drain < 0)
    return [problem(['phases'], 'Expected a drain as the last of `phases`, got none. Add { name: drain, kind: drain, seconds: 30 }.')]
  if (drain === phases.length - 1) return []
  return [
    problem(
      ['phases', drain],
      'Expected exactly one drain, as the last of `phases`, got one before the last. Move it to the end, or leave it out.',
    ),
  ]
}

export function somethingIsMeasured({ phases }: Pick<Scenario, 'phases'>): Problem[] {
  if (phases.some(({ kind }) => kind !== 'warm-up' && kind !== 'drain')) return []
  return [
    problem(
      ['phases'],
      'Expected at least one measured phase (ramp, hold, spike or recovery), got none. Add { name: hold, kind: hold, seconds: 10 }.',
    ),
  ]
}

function recoveriesOutlastTheirSettling({ phases }: Scenario): Problem[] {
  return phases.flatMap((phase, index) => {
    if (phase.kind !== 'recovery' || phase.settleSeconds < phase.seconds) return []
    const text = `Expected \`phases.${phase.name}.settleSeconds\` to be less than its \`seconds\` (${phase.seconds}), got ${phase.settleSeconds}. Nothing of the recovery would be judged.`
    return [problem(['phases', index], text)]
  })
}

export function closedHasNoLoad({
  arrival,
  phases,
}: Pick<Scenario, 'phases'> & { readonly arrival: { readonly model: 'open' | 'closed' } }): Problem[] {
  if (arrival.model === 'open') return []
  return phases.flatMap((phase, index) => {
    const steady = phase.kind === 'drain' || ('load' in phase && phase.load === 1 && !('overload' in phase && phase.overload))
    if (steady) return []
    const text = `Expected \`phases.${phase.name}\` to be a phase of load 1 without overload, as a closed model's load is up to the server. Use \`model: open\`, or a plain hold.`
    return [
      {
        paths: [
          ['phases', index],
          ['arrival', 'model'],
        ],
        text,
      },
    ]
  })
}

function cohortsMakeSense({ cohorts, phases }: Scenario): Problem[] {
  const seconds = secondsOf(phases)
  return cohorts.flatMap((cohort, index) => {
    const field = `\`cohorts.${cohort.name}`
    const found: Problem[] = []
    if (cohort.name === FULL_SPEED) {
      found.push(
        problem(['cohorts', index, 'name'], `Expected a cohort's name other than "${FULL_SPEED}", which is everybody else's. Rename it.`),
      )
    }
    if (cohort.reading === 'pausing' && cohort.pauseMs >= cohort.everyMs) {
      const text = `Expected ${field}.pauseMs\` to be less than its \`everyMs\` (${cohort.everyMs}), got ${cohort.pauseMs}. For a pause without end use \`reading: stopped\`.`
      found.push(problem(['cohorts', index, 'pauseMs'], text))
    }
    if (cohort.fromSeconds >= seconds) {
      const text = `Expected ${field}.fromSeconds\` to be within the schedule's ${seconds} s, got ${cohort.fromSeconds}. It would never be slow.`
      found.push({ paths: [['cohorts', index, 'fromSeconds'], ['phases']], text })
    }
    return found
  })
}

function sharesFit({ cohorts, churn }: Scenario): Problem[] {
  const sum = cohorts.reduce((total, { share }) => total + share, churn?.share ?? 0)
  if (sum <= 1 + 1e-9) return []
  const text = `Expected the shares of \`cohorts\` and \`churn\` to be at most 1 in all, got ${Number(sum.toFixed(6))}. Lower some.`
  return [{ paths: [['cohorts'], ['churn', 'share']], text }]
}

function churnFits({ churn, phases }: Scenario): Problem[] {
  const seconds = secondsOf(phases)
  if (churn?.kind === 'come-and-go' && churn.awayMs >= seconds * 1_000) {
    const text = `Expected \`churn.awayMs\` to be less than the schedule's ${seconds} s, got ${churn.awayMs} ms. Lower it or lengthen \`phases\`.`
    return [{ paths: [['churn', 'awayMs'], ['phases']], text }]
  }
  if (churn?.kind !== 'reconnect-storm') return []
  const busySeconds = (churn.withinMs + 2 * SESSION_MARGIN_MS) / 1_000
  const found = churn.atSeconds.flatMap((second, index) => {
    const before = churn.atSeconds[index - 1]
    if (before === undefined || second >= before + busySeconds) return []
    const text = `Expected each of \`churn.atSeconds\` to be at least ${busySeconds} s after the one before (${before}), when all are back, got ${second}. Space them out or lower \`churn.withinMs\`.`
    return [problem(['churn', 'atSeconds', index], text)]
  })
  const last = churn.atSeconds.at(-1) ?? 0
  if (last + busySeconds <= seconds) return found
  const text = `Expected the last storm to be over ${busySeconds} s after it began, within the schedule's ${seconds} s, got a beginning at ${last} s. Begin it earlier or lengthen \`phases\`.`
  return [...found, { paths: [['churn', 'atSeconds'], ['phases']], text }]
}

function thresholdsCanBeJudged({ thresholds, phases, cohorts }: Scenario): Problem[] {
  const found: Problem[] = []
  if (thresholds.recoveryMs !== undefined && !phases.some(({ kind }) => kind === 'recovery')) {
    found.push(
      problem(
        ['thresholds', 'recoveryMs'],
        'Expected a phase of kind recovery for `thresholds.recoveryMs` to judge, got none. Add one or leave the threshold out (--set thresholds.recoveryMs=).',
      ),
    )
  }
  const firstHold = phases.findIndex(({ kind }) => kind === 'hold')
  if (thresholds.spikeGoodputShare !== undefined && (firstHold < 0 || !phases.slice(firstHold).some(({ kind }) => kind === 'spike'))) {
    found.push(
      problem(
        ['thresholds', 'spikeGoodputShare'],
        'Expected a phase of kind spike after one of kind hold for `thresholds.spikeGoodputShare` to judge, got none. Add one or leave the threshold out (--set thresholds.spikeGoodputShare=).',
      ),
    )
  }
  if (thresholds.evictedStopped !== undefined && !cohorts.some(({ reading, share }) => reading === 'stopped' && share > 0)) {
    found.push(
      problem(
        ['thresholds', 'evictedStopped'],
        'Expected a cohort of stopped readers for `thresholds.evictedStopped` to judge, got none. Add one or leave the threshold out (--set thresholds.evictedStopped=).',
      ),
    )
  }
  return found
}

function secondsOf(phases: Scenario['phases']): number {
  return planSchedule(phases).scheduleMs / 1_000
}

function problem(path: FieldPath, text: string): Problem {
  return { paths: [path], text }
}
