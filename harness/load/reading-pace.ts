/** Slow readers: on every tick each gets its next bytes, stops, or reads on, as its cohort says. */
import type { PlanCohort } from '../scenario/plan-cohorts.ts'
import type { LoadUser } from './load-user.ts'

export const PACE_TICK_MS = 20
/** A throttled reader may save up this much of its allowance, so that a late tick does not slow it further. */
const MAX_SAVED_SECONDS = 0.2

/** What pacing needs of a user. */
type PacedUser = Pick<LoadUser, 'state' | 'readBudgetBytes' | 'pauseReading' | 'resumeReading'>

/** `atMs`: time since the schedule's start. */
export function paceReader(user: PacedUser, cohort: PlanCohort, atMs: number): void {
  if (user.state !== 'joined') return
  switch (cohort.reading) {
    case 'full':
      return
    case 'stopped':
      if (atMs >= cohort.fromMs) user.pauseReading()
      return
    case 'pausing': {
      const sinceMs = atMs - cohort.fromMs
      if (sinceMs >= 0 && sinceMs % cohort.everyMs < cohort.pauseMs) user.pauseReading()
      else user.resumeReading()
      return
    }
    case 'throttled':
      if (atMs < cohort.fromMs) user.readBudgetBytes = Infinity
      else {
        const most = cohort.bytesPerSecond * MAX_SAVED_SECONDS
        const allowance = (cohort.bytesPerSecond * PACE_TICK_MS) / 1000
        user.readBudgetBytes = Math.min(
          Number.isFinite(user.readBudgetBytes) ? user.readBudgetBytes + allowance : allowance,
          Math.max(most, allowance),
        )
        if (user.readBudgetBytes > 0) user.resumeReading()
      }
  }
}

/** The end of a run: everyone reads on as fast as they can, so that what is due to them can still come. */
export function releaseReader(user: PacedUser): void {
  user.readBudgetBytes = Infinity
  user.resumeReading()
}
