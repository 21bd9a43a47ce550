/**
 * Plays checks at the same time that spend most of theirs waiting for silence. What passes in company has passed. Whatever else comes of it
 * may be another's doing, so that one is played again by itself.
 */
import type { CheckResult } from '../record/check-record.ts'
import type { CheckTask } from './exercise.ts'

export interface GroupTerms {
  readonly repetition: number
  /** Between what is played together and by itself: servers that they shared are ended. */
  readonly rest: () => Promise<void>
  readonly progress: (task: CheckTask, text: string) => void
}

/** @throws what the first of them threw, once all have ended. */
export async function playGroup(tasks: readonly CheckTask[], terms: GroupTerms): Promise<Map<CheckTask, CheckResult>> {
  const together = await playAtOnce(tasks, terms)
  const open = tasks.filter(task => together.get(task)?.outcome !== 'pass')
  if (open.length === 0) return together
  await terms.rest()
  const alone = await playInTurn(open, terms)
  const isExplained = [...alone.values()].some(({ outcome }) => outcome === 'fail')
  for (const [task, result] of alone) {
    const before = together.get(task)
    together.set(task, before?.outcome === 'fail' && !isExplained ? onlyTogether(before, tasks) : result)
  }
  return together
}

async function playAtOnce(tasks: readonly CheckTask[], { repetition, progress }: GroupTerms): Promise<Map<CheckTask, CheckResult>> {
  const turn = { repetition, isTogether: true }
  const others = `and ${tasks.length - 1} more at the same time`
  const ended = await Promise.allSettled(
    tasks.map(async task => {
      progress(task, others)
      return [task, await task.run(turn, text => progress(task, text))] as const
    }),
  )
  return new Map(
    ended.map(outcome => {
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    }),
  )
}

async function playInTurn(tasks: readonly CheckTask[], { repetition, progress }: GroupTerms): Promise<Map<CheckTask, CheckResult>> {
  const results = new Map<CheckTask, CheckResult>()
  for (const task of tasks) {
    progress(task, 'by itself')
    results.set(task, await task.run({ repetition, isTogether: false }, text => progress(task, text)))
  }
  return results
}

/** Nobody is at fault alone, and still it was seen. */
function onlyTogether(result: CheckResult, tasks: readonly CheckTask[]): CheckResult {
  const others = tasks.map(({ check }) => check.id).filter(id => id !== result.id)
  return {
    ...result,
    reason: `${result.reason} Seen while ${others.join(', ')} ran at the same time, and not again when it ran by itself.`,
  }
}
