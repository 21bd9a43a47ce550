import { outcomesById } from '../../harness/judge/rubric-judgement.ts'
import type { CheckEvidence, CheckRecord, CheckResult, Outcome } from '../../harness/record/check-record.ts'
import { formatBytes, formatCount, formatMs } from '../text/number-format.ts'
import { plainLine } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { mostTellingFirst } from './questions.ts'

/** One check over all its repetitions. */
export interface CheckSummary {
  readonly id: string
  readonly stage: CheckResult['stage']
  readonly title: string
  readonly outcome: Outcome
  /** The reason of the repetition that decided. */
  readonly reason: string
  /** `2 of 3` where it did not end alike each time, otherwise empty. */
  readonly agreement: string
  readonly evidence: readonly CheckEvidence[]
  readonly power: CheckResult['power']
  readonly figures: CheckResult['figures']
  /** Praised where it passes, and not held against anyone where it does not. */
  readonly isDistinction: boolean
}

const STAGES: Readonly<Record<CheckRecord['exercise'], readonly (readonly [stage: CheckResult['stage'], title: string])[]>> = {
  chat: [
    ['1', 'Stage 1: it works'],
    ['2', 'Stage 2: someone is slow'],
    ['3', 'Stage 3: everyone is here'],
    ['safe', 'Input that nobody should send'],
  ],
  kv: [
    ['1', 'Stage 1: one node answers'],
    ['2', 'Stage 2: it keeps what it was given'],
    ['3', 'Stage 3: several nodes agree'],
    ['4', 'Stage 4: nodes come and go'],
    ['5', 'Stage 5: something breaks'],
    ['6', 'Stage 6: what it promises, and what it bears'],
    ['safe', 'Input that nobody should send'],
  ],
}

/** The stages of an exercise, in their order, with their titles. */
export function stagesOf(exercise: CheckRecord['exercise']): readonly (readonly [stage: CheckResult['stage'], title: string])[] {
  return STAGES[exercise]
}

/** A check each, in the order of the record. */
export function summariesOf(record: CheckRecord): CheckSummary[] {
  const outcomes = outcomesById(record.checks)
  return [...outcomes].flatMap(([id, outcome]) => {
    const results = record.checks.filter(result => result.id === id)
    const alike = results.filter(result => result.outcome === outcome)
    const [deciding] = alike
    if (deciding === undefined) return []
    const { stage, title, reason, power, figures } = deciding
    const agreement = alike.length < results.length ? `${alike.length} of ${results.length}` : ''
    const evidence = alike.flatMap(result => result.evidence)
    const isDistinction = deciding.distinction === true
    return [{ id, stage, title, outcome, reason, power, figures, agreement, evidence, isDistinction }]
  })
}

/** What to say first of a failure: its evidence where the reason only repeats the numbers of a race, otherwise the reason. */
export function findingOf({ reason, power, evidence }: CheckSummary): string {
  const [first] = mostTellingFirst(evidence)
  return first !== undefined && reason === power?.statement ? first.text : reason
}

/** A failure decides, then what could not be decided; a record in which nothing was attempted says so. A distinction can only be won. */
export function recordOutcome(record: CheckRecord): Outcome {
  const deciding = record.checks.filter(({ distinction, outcome }) => distinction !== true || outcome === 'pass')
  const outcomes = new Set(outcomesById(deciding).values())
  if (record.status === 'failed' || outcomes.has('fail')) return 'fail'
  if (record.status === 'interrupted' || outcomes.has('inconclusive')) return 'inconclusive'
  return outcomes.has('pass') ? 'pass' : 'not attempted'
}

/** `completionP99Ms: 12.3` reads `completion p99 12.3 ms`: the unit stands last in the name. */
export function figureText(name: string, value: number): string {
  const [, stem = name, unit = ''] = /^(.*?)(Ms|Bytes|Seconds|PerSecond|Microseconds|Us|Share)?$/.exec(name) ?? []
  const words = truncated(plainLine(stem), 60)
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return `${words} ${figureValue(value, unit)}`.trim()
}

function figureValue(value: number, unit: string): string {
  const digits = Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(4)))
  if (unit === 'Ms') return formatMs(value)
  if (unit === 'Bytes') return formatBytes(value)
  if (unit === 'Seconds') return `${digits} s`
  if (unit === 'PerSecond') return `${digits} a second`
  if (unit === 'Microseconds' || unit === 'Us') return `${digits} µs`
  return unit === 'Share' ? `${Number((value * 100).toPrecision(3))} %` : digits
}
