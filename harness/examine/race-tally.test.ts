import { expect, test } from 'vitest'
import { newTally, racePower } from './race-tally.ts'

const CONTROL = {
  name: 'java/check-then-put',
  rounds: 2000,
  batches: 31,
  failedRounds: 41,
  failedBatches: 29,
  firstFailureSeconds: 0.5,
  batchesForFive: 6,
  rightFailedBatches: 0,
  rightBatches: 31,
}

test('a pass states what was offered, what the control shows, and a bound over batches', () => {
  const { statement } = racePower({ ...newTally(), rounds: 2000, batches: 31 }, CONTROL)
  expect(statement).toBe(
    'The racy control (java/check-then-put) failed in 41 of 2000 rounds, in 29 of 31 batches; this server in 0 of 2000 rounds, in 0 of 31 batches. What fails in 22 % of such batches on this machine would have been missed once in a thousand times.',
  )
})

test('of few batches no bound is claimed', () => {
  expect(racePower({ ...newTally(), rounds: 200, batches: 5 }, 'unknown').statement).toBe(
    'This server failed in 0 of 200 rounds, in 0 of 5 batches. There is no control for it in this language, so the power of this check is not shown.',
  )
})

test('nor where something failed', () => {
  const { statement } = racePower({ ...newTally(), rounds: 400, batches: 40, failedRounds: 1, failedBatches: 1 }, CONTROL)
  expect(statement).toBe('This server failed in 1 of 400 rounds, in 1 of 40 batches.')
})
