import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { CandidateFault } from '../candidate/fault.ts'
import type { CheckEvidence, CheckResult, Outcome } from '../record/check-record.ts'
import type { CheckTask, CheckTurn } from './exercise.ts'
import { playGroup } from './play-group.ts'

interface Played {
  readonly outcome: Outcome
  /** Of a failure. */
  readonly kinds?: readonly CheckEvidence['kind'][]
}

const PASS: Played = { outcome: 'pass' }
const UNDECIDED: Played = { outcome: 'inconclusive' }

function fail(...kinds: CheckEvidence['kind'][]): Played {
  return { outcome: 'fail', kinds }
}

function taskOf(id: string, played: (turn: CheckTurn) => Played): CheckTask {
  const check = { id, stage: '1' as const, title: 'It holds.', provokes: 'Nothing.', needs: [], budgetMs: 1000 }
  return {
    check,
    whyUnable: null,
    group: 'calm',
    run: async turn => {
      await new Promise(resolve => setImmediate(resolve))
      const { outcome, kinds = [] } = played(turn)
      const result: CheckResult = {
        id,
        stage: '1',
        title: 'It holds.',
        reason: 'What was seen.',
        evidence: kinds.map(kind => ({ kind, text: '', lanes: [], events: [], occurrences: 1 })),
        power: null,
        figures: {},
        durationMs: 1,
        outcome,
        repetition: turn.repetition,
      }
      return result
    },
  }
}

async function playAll(tasks: readonly CheckTask[], rest = async (): Promise<void> => await Promise.resolve()) {
  const results = new Map<CheckTask, CheckResult>()
  await playGroup(tasks, { repetition: 1, rest, progress: () => undefined }, results)
  return tasks.map(task => results.get(task))
}

async function played(outcomes: Record<string, { together: Played; alone?: Played }>) {
  const acts: string[] = []
  const tasks = Object.entries(outcomes).map(([id, { together, alone = PASS }]) =>
    taskOf(id, ({ isTogether }) => {
      acts.push(`${id}${isTogether ? ' together' : ' alone'}`)
      return isTogether ? together : alone
    }),
  )
  const results = await playAll(tasks, async () => await Promise.resolve(void acts.push('rest')))
  return { acts, results, outcomes: results.map(result => result?.outcome) }
}

test('what passes together is not played again', async () => {
  const { acts, outcomes } = await played({ a: { together: PASS }, b: { together: PASS } })
  expect(acts).toEqual(['a together', 'b together'])
  expect(outcomes).toEqual(['pass', 'pass'])
})

test('what does not is played by itself on a server that nothing has touched, and that verdict counts', async () => {
  const { acts, outcomes } = await played({
    a: { together: fail('lost'), alone: PASS },
    b: { together: fail('lost'), alone: fail('lost') },
    c: { together: PASS },
    d: { together: UNDECIDED, alone: PASS },
  })
  expect(acts.slice(4)).toEqual(['rest', 'a alone', 'b alone', 'd alone'])
  expect(outcomes).toEqual(['pass', 'fail', 'pass', 'pass'])
})

test('a failure that none of them shows by itself stands, and says so', async () => {
  const { results } = await played({ a: { together: PASS }, b: { together: fail('lost'), alone: PASS } })
  expect(results[1]).toMatchObject({ outcome: 'fail', reason: expect.stringContaining('Seen while a ran at the same time') as string })
})

test('a failure of another kind explains nothing', async () => {
  const { outcomes } = await played({
    lost: { together: fail('lost'), alone: PASS },
    wrong: { together: fail('corrupted', 'lost'), alone: PASS },
    alone: { together: fail('history'), alone: fail('history') },
  })
  expect(outcomes).toEqual(['fail', 'fail', 'fail'])
})

test('a crash that comes only in company is told once, whatever else fails by itself', async () => {
  const { outcomes } = await played({
    a: { together: fail('crash', 'lost'), alone: PASS },
    b: { together: fail('crash', 'dropped'), alone: PASS },
    c: { together: fail('crash'), alone: fail('lost') },
  })
  expect(outcomes).toEqual(['fail', 'pass', 'fail'])
})

test('a crash that one of them shows by itself explains all others, and what was lost by it', async () => {
  const { outcomes } = await played({
    a: { together: fail('crash', 'lost'), alone: PASS },
    b: { together: fail('stuck'), alone: PASS },
    c: { together: fail('crash'), alone: fail('crash') },
  })
  expect(outcomes).toEqual(['pass', 'pass', 'fail'])
})

test('time and memory in company say nothing', async () => {
  const { outcomes } = await played({ a: { together: fail('late'), alone: PASS }, b: { together: fail('growth'), alone: PASS } })
  expect(outcomes).toEqual(['pass', 'pass'])
})

test('a server that does not start in company is tried again by itself', async () => {
  const task = taskOf('a', () => PASS)
  let starts = 0
  const slow = {
    ...task,
    run: async (turn: CheckTurn) =>
      ++starts === 1 ? await Promise.reject(new CandidateFault('It did not listen in time.')) : await task.run(turn, () => undefined),
  }
  const results = await playAll([slow, taskOf('b', () => PASS)])
  expect(results.map(result => result?.outcome)).toEqual(['pass', 'pass'])
})

test('of a server that is gone when its checks are played again, what was seen in company stays', async () => {
  const gone = ({ isTogether }: CheckTurn): Played => {
    if (isTogether) return fail('dropped')
    throw new CandidateFault('Nothing listens there.')
  }
  const results = await playAll([taskOf('a', () => PASS), taskOf('b', gone), taskOf('c', gone)])
  expect(results.map(result => result?.outcome)).toEqual(['pass', 'fail', 'fail'])
})

test('an error of one is thrown once all have ended, whose results are kept', async () => {
  let hasEnded = false
  const results = new Map<CheckTask, CheckResult>()
  const done = taskOf('done', () => PASS)
  const slow = {
    ...taskOf('slow', () => PASS),
    run: async () => {
      await setTimeout(20)
      hasEnded = true
      throw new Error('late')
    },
  }
  const broken = { ...taskOf('broken', () => PASS), run: async () => await Promise.reject(new Error('interrupted')) }
  await expect(
    playGroup([slow, broken, done], { repetition: 1, rest: async () => await Promise.resolve(), progress: () => undefined }, results),
  ).rejects.toThrow('late')
  expect(hasEnded).toBe(true)
  expect(results.get(done)?.outcome).toBe('pass')
})

test('of one that is interrupted before it was played again, what was seen in company is no result', async () => {
  const results = new Map<CheckTask, CheckResult>()
  const passed = taskOf('passed', () => PASS)
  const late = taskOf('late', ({ isTogether }) => {
    if (isTogether) return fail('late')
    throw new Error('interrupted')
  })
  const rest = async (): Promise<void> => await Promise.resolve()
  await expect(playGroup([passed, late], { repetition: 1, rest, progress: () => undefined }, results)).rejects.toThrow('interrupted')
  expect([...results.keys()]).toEqual([passed])
})
