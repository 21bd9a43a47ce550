import { describe, expect, test } from 'vitest'
import type { ExitInfo } from '../candidate/exit-info.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import type { CheckEvidence } from '../record/check-record.ts'
import type { CheckFinding } from './check.ts'
import { UndecidedError } from './patience.ts'
import { type CheckAttempt, runCheck } from './run-check.ts'

const CHECK = { id: 's1.test', stage: '1' as const, title: 'It holds.', provokes: 'Nothing.', needs: [], budgetMs: 1000 }
const LOST: CheckEvidence = { kind: 'lost', text: 'A message was lost.', lanes: [], events: [], occurrences: 1 }

async function resultOf(run: () => Promise<CheckFinding>, violations: readonly CheckEvidence[] = []) {
  let isClosed = false
  const attempt: CheckAttempt = {
    run,
    running: () => [],
    crashes: () => [],
    printed: () => 'listening\nNullPointerException\n',
    violations: () => violations,
    close: async () => await Promise.resolve(void (isClosed = true)),
  }
  const result = await runCheck(CHECK, attempt, { repetition: 1, signal: new AbortController().signal })
  expect(isClosed).toBe(true)
  return result
}

describe('a check', () => {
  test('that a bug of ours ends is inconclusive, and says that the bug is ours', async () => {
    const result = await resultOf(() => Promise.reject(new TypeError('x is not a function')))
    expect(result.outcome).toBe('inconclusive')
    expect(result.reason).toMatch(/Assay itself failed.*x is not a function/)
    expect(result.assayFault).toMatch(/TypeError: x is not a function\n +at /)
  })

  test('fails all the same by what the history shows, and still says so', async () => {
    const result = await resultOf(() => Promise.reject(new TypeError('x is not a function')), [LOST])
    expect(result).toMatchObject({
      outcome: 'fail',
      reason: LOST.text,
      assayFault: expect.stringContaining('x is not a function') as string,
    })
  })

  test('that only the history fails still waits until it is known that the server ended', async () => {
    const exits: ExitInfo[] = []
    const exit: ExitInfo = { code: 1, signal: null, cause: 'itself', explanation: 'The server exited with code 1 by itself.' }
    const exited = new Promise<ExitInfo>(resolve => setTimeout(() => (exits.push(exit), resolve(exit)), 50))
    const attempt: CheckAttempt = {
      run: async () => await Promise.resolve({ outcome: 'pass', reason: 'Nothing was harmed.' }),
      running: () => [{ exited, hasExited: () => exits[0] ?? null } as RunningCandidate],
      crashes: () => exits,
      printed: () => '',
      violations: () => [LOST],
      close: async () => await Promise.resolve(),
    }
    const { outcome, evidence } = await runCheck(CHECK, attempt, { repetition: 1, signal: new AbortController().signal })
    expect([outcome, ...evidence.map(({ kind }) => kind)]).toEqual(['fail', 'crash', 'lost'])
  })

  test('keeps what the server printed meanwhile only where it failed', async () => {
    const fails = await resultOf(async () => await Promise.resolve({ outcome: 'fail', reason: 'It was lost.' }))
    expect(fails.printed).toBe('listening\nNullPointerException')
    const passes = await resultOf(async () => await Promise.resolve({ outcome: 'pass', reason: 'All is well.' }))
    expect(passes).not.toHaveProperty('printed')
  })

  test('that ran out of time is no bug of ours', async () => {
    const result = await resultOf(() => Promise.reject(new UndecidedError('The check took longer than its time allows.')))
    expect(result.outcome).toBe('inconclusive')
    expect(result).not.toHaveProperty('assayFault')
  })
})
