/**
 * Plays checks at the same time that spend most of theirs waiting for silence. What passes in company has passed. Whatever else comes of it
 * may be another's doing, so that one is played again by itself.
 */
import { CandidateFault } from '../candidate/fault.ts'
import type { CheckEvidence, CheckResult } from '../record/check-record.ts'
import type { CheckTask } from './exercise.ts'

export interface GroupTerms {
  readonly repetition: number
  /** Between what is played together and by itself: servers that they shared are ended. */
  readonly rest: () => Promise<void>
  readonly progress: (task: CheckTask, text: string) => void
}

/**
 * Leaves in `results` what is decided, also when it throws: what passed in company, and what was played by itself.
 *
 * @throws what the first of them threw, once all have ended. A server that does not start in company is tried again by itself; one that then
 * does not start leaves what was seen in company.
 */
export async function playGroup(tasks: readonly CheckTask[], terms: GroupTerms, results: Map<CheckTask, CheckResult>): Promise<void> {
  const together = await playAtOnce(tasks, terms, results)
  const open = tasks.filter(task => !results.has(task))
  if (open.length === 0) return
  await terms.rest()
  const alone = await playInTurn(open, terms, together, results)
  const failures = [...alone.values()].filter(({ outcome }) => outcome === 'fail')
  let hasCrashed = false
  for (const [task, { outcome }] of alone) {
    const before = together.get(task)
    if (before === undefined || outcome === 'fail' || !stands(before, failures)) continue
    // One death ends them all, and is told once.
    const isCrash = familiesOf(before).includes('crash')
    if (isCrash && hasCrashed) continue
    hasCrashed ||= isCrash
    results.set(task, onlyTogether(before, tasks))
  }
}

/** All that ended; a pass is a result at once. */
async function playAtOnce(
  tasks: readonly CheckTask[],
  { repetition, progress }: GroupTerms,
  results: Map<CheckTask, CheckResult>,
): Promise<Map<CheckTask, CheckResult>> {
  const together = new Map<CheckTask, CheckResult>()
  const turn = { repetition, isTogether: true }
  const others = `and ${tasks.length - 1} more at the same time`
  const ended = await Promise.allSettled(
    tasks.map(async task => {
      progress(task, others)
      const result = await task.run(turn, text => progress(task, text))
      together.set(task, result)
      if (result.outcome === 'pass') results.set(task, result)
    }),
  )
  for (const outcome of ended) if (outcome.status === 'rejected' && !(outcome.reason instanceof CandidateFault)) throw outcome.reason
  return together
}

/** What was played; where the server is gone, the rest has the results that it had together. */
async function playInTurn(
  tasks: readonly CheckTask[],
  { repetition, progress }: GroupTerms,
  together: ReadonlyMap<CheckTask, CheckResult>,
  results: Map<CheckTask, CheckResult>,
): Promise<Map<CheckTask, CheckResult>> {
  const played = new Map<CheckTask, CheckResult>()
  for (const task of tasks) {
    progress(task, 'by itself')
    try {
      const result = await task.run({ repetition, isTogether: false }, text => progress(task, text))
      results.set(task, result)
      played.set(task, result)
    } catch (error) {
      const rest = tasks.filter(one => !played.has(one))
      if (!(error instanceof CandidateFault) || rest.some(one => !together.has(one))) throw error
      for (const one of rest) {
        const before = together.get(one)
        if (before !== undefined) results.set(one, before)
      }
      break
    }
  }
  return played
}

type Family = 'crash' | 'wrong' | 'missing' | 'measured'

const FAMILIES: Readonly<Partial<Record<CheckEvidence['kind'], Family>>> = {
  crash: 'crash',
  duplicated: 'wrong',
  misdelivered: 'wrong',
  corrupted: 'wrong',
  history: 'wrong',
  garbled: 'wrong',
  late: 'measured',
  growth: 'measured',
}

/** By which failures alone one that was seen in company is explained. */
const EXPLAINED_BY: Readonly<Record<Exclude<Family, 'measured'>, readonly Family[]>> = {
  crash: ['crash'],
  wrong: ['wrong'],
  missing: ['missing', 'crash'],
}

/** A failure in company that nothing that failed alone explains. Time and memory in company say little, and never stand. */
function stands(before: CheckResult, alone: readonly CheckResult[]): boolean {
  if (before.outcome !== 'fail') return false
  const seen = new Set(alone.flatMap(familiesOf))
  return familiesOf(before).some(family => family !== 'measured' && !EXPLAINED_BY[family].some(other => seen.has(other)))
}

/** Of a server that has died, the rest follows from that. */
function familiesOf({ evidence }: CheckResult): readonly Family[] {
  const families = evidence.map(({ kind }) => FAMILIES[kind] ?? 'missing')
  if (families.includes('crash')) return ['crash']
  return families.length === 0 ? ['missing'] : families
}

/** Nobody is at fault alone, and still it was seen. */
function onlyTogether(result: CheckResult, tasks: readonly CheckTask[]): CheckResult {
  const others = tasks.map(({ check }) => check.id).filter(id => id !== result.id)
  return {
    ...result,
    reason: `${result.reason} Seen while ${others.join(', ')} ran at the same time, and not again when it ran by itself.`,
  }
}
