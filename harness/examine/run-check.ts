/** One check from beginning to end: its time, what ends it, and what decides when it does not end as planned. */
import type { ExitInfo } from '../candidate/exit-info.ts'
import { CandidateFault } from '../candidate/fault.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import type { CheckEvidence, CheckResult } from '../record/check-record.ts'
import type { CheckDescription, CheckFinding } from './check.ts'
import { noticeExit, noticeSilence } from './notice-exit.ts'
import { LossError, ServerGoneError, StuckError, UndecidedError } from './patience.ts'

const KEPT_EVIDENCE = 5
const PRINTED_CHARACTERS = 16 * 1024

/** A check at work on a candidate: an exercise says what it is given, what it started, and what its history shows. */
export interface CheckAttempt {
  /** Its errors are interpreted by `runCheck`. */
  run(): Promise<CheckFinding>
  /** Servers that nobody has ended. */
  running(): readonly RunningCandidate[]
  /** How servers ended that nobody had asked to. */
  crashes(): readonly ExitInfo[]
  /** What its servers have printed since it began, as they printed it. */
  printed(): string
  /** What the recorded history shows to be wrong, whatever the check itself was after. */
  violations(): readonly CheckEvidence[]
  /** Ends what the check began. */
  close(): Promise<void>
}

export interface CheckTerms {
  readonly repetition: number
  readonly signal: AbortSignal
  /** While a control is measured, only what the check itself says counts. Default false. */
  readonly isMeasured?: boolean
}

/** Ends that nobody had asked for. A server that was asked to end, and that had to be killed for it, is none. */
export function isCrash({ cause }: ExitInfo): boolean {
  return cause === 'itself' || cause === 'limit'
}

/** The result of a check that was to begin on, or had been the last on, a server that ended while no check was at work. */
export function endedIdle(
  check: CheckDescription,
  { explanation }: ExitInfo,
  repetition: number,
  when: 'before the check began' | 'after the check',
): CheckResult {
  const { id, stage, title } = check
  const reason = `The server ended ${when}, while no check was at work. ${explanation}`
  const evidence = [crashEvidence(reason, explanation)]
  return { id, stage, title, outcome: 'fail', reason, evidence, power: null, figures: {}, durationMs: 0, repetition }
}

export async function runCheck(check: CheckDescription, attempt: CheckAttempt, terms: CheckTerms): Promise<CheckResult> {
  const startMs = performance.now()
  let finding: CheckFinding
  try {
    finding = await play(attempt, terms)
  } finally {
    await attempt.close()
  }
  if (finding.outcome !== 'fail' && terms.isMeasured !== true) finding = await afterwards(attempt, finding)
  const { id, stage, title } = check
  const evidence = [...(finding.evidence ?? [])].slice(0, KEPT_EVIDENCE)
  return {
    id,
    stage,
    title,
    outcome: finding.outcome,
    reason: finding.reason,
    evidence,
    power: finding.power ?? null,
    figures: { ...finding.figures },
    durationMs: performance.now() - startMs,
    ...(finding.outcome === 'fail' ? printedBy(attempt) : {}),
    ...(finding.assayFault === undefined ? {} : { assayFault: finding.assayFault }),
    ...distinctionOf(check, evidence),
    repetition: terms.repetition,
  }
}

function printedBy(attempt: CheckAttempt): Pick<CheckResult, 'printed'> {
  const printed = attempt.printed().trimEnd()
  return printed === '' ? {} : { printed: printed.slice(-PRINTED_CHARACTERS) }
}

/** A server that does not outlive the end of its connections has crashed as well. */
async function afterwards(attempt: CheckAttempt, finding: CheckFinding): Promise<CheckFinding> {
  await Promise.all(attempt.running().map(noticeSilence))
  const [crash] = attempt.crashes()
  if (crash === undefined) return finding
  const reason = `The server ended when the check let go of its connections. ${crash.explanation}`
  return { ...finding, outcome: 'fail', reason, evidence: [crashEvidence(reason, crash.explanation), ...(finding.evidence ?? [])] }
}

/** What is praised when it passes is not held against anyone when it does not; a server's death always is. */
export function distinctionOf(check: CheckDescription, evidence: readonly CheckEvidence[] = []): Pick<CheckResult, 'distinction'> {
  return check.isDistinction === true && evidence.every(({ kind }) => kind !== 'crash') ? { distinction: true } : {}
}

async function play(attempt: CheckAttempt, terms: CheckTerms): Promise<CheckFinding> {
  const finding = await find(attempt, terms.signal)
  if (finding.outcome !== 'pass' || attempt.violations().length > 0) await Promise.all(attempt.running().map(noticeExit))
  return terms.isMeasured === true ? finding : decided(attempt, finding)
}

async function find(attempt: CheckAttempt, signal: AbortSignal): Promise<CheckFinding> {
  try {
    return await attempt.run()
  } catch (error) {
    if (signal.aborted) throw error
    return interpret(error)
  }
}

/** A violation that the history shows fails the check, and so does a server's death, whatever the check itself was after. */
function decided(attempt: CheckAttempt, finding: CheckFinding): CheckFinding {
  const crashes = attempt
    .crashes()
    .map(({ explanation }) => crashEvidence(`The server ended while the check was at work. ${explanation}`, explanation))
  const violations = attempt.violations()
  // Whoever was stuck is in the history of most; then that says more.
  const isInHistory = violations.some(({ kind }) => kind === 'stuck')
  const found = (finding.evidence ?? []).filter(({ kind }) => !isInHistory || kind !== 'stuck')
  const all = [...crashes, ...found, ...violations]
  const [first] = [...crashes, ...violations]
  const isSaid = finding.outcome === 'fail' && crashes.length === 0
  if (first === undefined || isSaid) return { ...finding, evidence: all }
  return { ...finding, outcome: 'fail', reason: first.text, evidence: all }
}

function crashEvidence(text: string, explanation: string): CheckEvidence {
  return {
    kind: 'crash',
    text,
    lanes: ['server'],
    events: [{ lane: 'server', atMs: null, kind: 'close', text: explanation }],
    occurrences: 1,
  }
}

function stuckEvidence(text: string): CheckEvidence {
  return { kind: 'stuck', text, lanes: ['server'], events: [{ lane: 'server', atMs: null, kind: 'wrong', text }], occurrences: 1 }
}

function interpret(error: unknown): CheckFinding {
  if (error instanceof LossError) return { outcome: 'inconclusive', reason: error.message }
  if (error instanceof StuckError) return { outcome: 'fail', reason: error.message, evidence: [stuckEvidence(error.message)] }
  if (error instanceof ServerGoneError) return { outcome: 'fail', reason: `The server ended while the check was at work. ${error.message}` }
  if (error instanceof UndecidedError) return { outcome: 'inconclusive', reason: error.message }
  if (error instanceof CandidateFault)
    return { outcome: 'inconclusive', reason: `The candidate could not be started again: ${error.message}` }
  const text = error instanceof Error ? error.message : String(error)
  return {
    outcome: 'inconclusive',
    reason: `Assay itself failed (a bug of ours, not of the candidate): ${text}`,
    assayFault: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }
}
