import { describe, expect, it } from 'vitest'
import type { PlanCohort } from '../scenario/plan-cohorts.ts'
import type { LoadUser } from './load-user.ts'
import { PACE_TICK_MS, paceReader, releaseReader } from './reading-pace.ts'

type Paced = Pick<LoadUser, 'state' | 'readBudgetBytes' | 'isPaused' | 'pauseReading' | 'resumeReading'>

describe('the pace of slow readers', () => {
  it('stops a stopped reader for good once its time has come', () => {
    const cohort: PlanCohort = { name: 's', reading: 'stopped', fromMs: 1000 }
    expect(pausedAt(cohort, [0, 980, 1000, 5000])).toEqual([false, false, true, true])
  })

  it('lets a pausing reader read between its pauses', () => {
    const cohort: PlanCohort = { name: 'p', reading: 'pausing', pauseMs: 100, everyMs: 300, fromMs: 1000 }
    expect(pausedAt(cohort, [900, 1000, 1080, 1100, 1280, 1300])).toEqual([false, true, true, false, false, true])
  })

  it('gives a throttled reader its bytes a second, and lets it save up no more than a fifth', () => {
    const cohort: PlanCohort = { name: 't', reading: 'throttled', bytesPerSecond: 10_000, fromMs: 0 }
    const user = reader()
    let readBytes = 0
    for (let atMs = 0; atMs < 10_000; atMs += PACE_TICK_MS) {
      paceReader(user, cohort, atMs)
      // It reads whatever it may, in reads of 300 bytes.
      while (!user.isPaused) {
        readBytes += 300
        user.readBudgetBytes -= 300
        if (user.readBudgetBytes <= 0) user.pauseReading()
      }
    }
    expect(readBytes).toBeGreaterThan(95_000)
    expect(readBytes).toBeLessThan(105_000)
    for (let atMs = 10_000; atMs < 20_000; atMs += PACE_TICK_MS) paceReader(user, cohort, atMs)
    expect(user.readBudgetBytes).toBe(2000)
  })

  it('leaves users alone who have not joined, and lets everyone go at the end', () => {
    const user = reader('joining')
    paceReader(user, { name: 's', reading: 'stopped', fromMs: 0 }, 10)
    expect(user.isPaused).toBe(false)
    user.pauseReading()
    releaseReader(user)
    expect([user.isPaused, user.readBudgetBytes]).toEqual([false, Infinity])
  })
})

function pausedAt(cohort: PlanCohort, times: readonly number[]): boolean[] {
  const user = reader()
  return times.map(atMs => {
    paceReader(user, cohort, atMs)
    return user.isPaused
  })
}

function reader(state: LoadUser['state'] = 'joined'): Paced {
  return {
    state,
    readBudgetBytes: Infinity,
    isPaused: false,
    pauseReading() {
      this.isPaused = true
    },
    resumeReading() {
      this.isPaused = false
    },
  }
}
