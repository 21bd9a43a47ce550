import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { CheckResult, Outcome } from '../record/check-record.ts'
import type { CheckTask, CheckTurn } from './exercise.ts'
import { playGroup } from './play-group.ts'

function taskOf(id: string, outcomeOf: (turn: CheckTurn) => Outcome): CheckTask {
  const check = { id, stage: '1' as const, title: 'It holds.', provokes: 'Nothing.', needs: [], budgetMs: 1000 }
  return {
    check,
    whyUnable: null,
    group: 'calm',
    run: async turn => {
      await new Promise(resolve => setImmediate(resolve))
      const result: CheckResult = {
        id,
        stage: '1',
        title: 'It holds.',
        reason: 'What was seen.',
        evidence: [],
        power: null,
        figures: {},
        durationMs: 1,
        outcome: outcomeOf(turn),
        repetition: turn.repetition,
      }
      return result
    },
  }
}

async function played(outcomes: Record<string, { together: Outcome; alone?: Outcome }>) {
  const acts: string[] = []
  const tasks = Object.entries(outcomes).map(([id, { together, alone = 'pass' }]) =>
    taskOf(id, ({ isTogether }) => {
      acts.push(`${id}${isTogether ? ' together' : ' alone'}`)
      return isTogether ? together : alone
    }),
  )
  const rest = async (): Promise<void> => await Promise.resolve(void acts.push('rest'))
  const results = await playGroup(tasks, { repetition: 1, rest, progress: () => undefined })
  return { acts, results: tasks.map(task => results.get(task)) }
}

test('what passes together is not played again', async () => {
  const { acts, results } = await played({ a: { together: 'pass' }, b: { together: 'pass' } })
  expect(acts).toEqual(['a together', 'b together'])
  expect(results.map(result => result?.outcome)).toEqual(['pass', 'pass'])
})

test('what does not is played by itself on a server that nothing has touched, and that verdict counts', async () => {
  const { acts, results } = await played({
    a: { together: 'fail', alone: 'pass' },
    b: { together: 'fail', alone: 'fail' },
    c: { together: 'pass' },
    d: { together: 'inconclusive', alone: 'pass' },
  })
  expect(acts.slice(4)).toEqual(['rest', 'a alone', 'b alone', 'd alone'])
  expect(results.map(result => result?.outcome)).toEqual(['pass', 'fail', 'pass', 'pass'])
})

test('a failure that none of them shows by itself stands, and says so', async () => {
  const { results } = await played({ a: { together: 'pass' }, b: { together: 'fail', alone: 'pass' } })
  expect(results[1]).toMatchObject({ outcome: 'fail', reason: expect.stringContaining('Seen while a ran at the same time') as string })
})

test('an error of one is thrown once all have ended', async () => {
  let hasEnded = false
  const slow = {
    ...taskOf('slow', () => 'pass'),
    run: async () => {
      await setTimeout(20)
      hasEnded = true
      throw new Error('late')
    },
  }
  const broken = { ...taskOf('broken', () => 'pass'), run: async () => await Promise.reject(new Error('interrupted')) }
  await expect(
    playGroup([slow, broken], { repetition: 1, rest: async () => await Promise.resolve(), progress: () => undefined }),
  ).rejects.toThrow('late')
  expect(hasEnded).toBe(true)
})
