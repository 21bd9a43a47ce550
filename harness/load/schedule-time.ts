/** What holds at a moment of the schedule: is a message that is due then measured, held to the SLA, allowed to be shed? */
import type { Plan } from '../scenario/plan.ts'
import type { PlanPhase } from '../scenario/plan-phases.ts'

/** Bits of a moment. */
const MEASURED = 1
const HELD = 2
const OVERLOAD = 4
const MAY_BE_SHED = 8

export interface ScheduleTime {
  /** Measured and held to the SLA: not in warm-up, drain, an overload or the time a recovery is given to settle. */
  isHeld(dueUs: number): boolean
  isMeasured(dueUs: number): boolean
  isOverload(dueUs: number): boolean
  /** A send may be answered `shed`: in an overload, and while a recovery settles, when the server still has its hands full. */
  mayBeShed(dueUs: number): boolean
  phaseIndex(dueUs: number): number
}

/** One byte a millisecond of the schedule, so that the hot path asks an array and not a list of phases. */
export function createScheduleTime(plan: Plan): ScheduleTime {
  const length = Math.ceil(plan.scheduleMs)
  const bits = new Uint8Array(length)
  const phases = new Uint8Array(length)
  plan.phases.forEach((phase, index) => {
    const start = Math.round(phase.startMs)
    const end = Math.min(length, Math.round(phase.endMs))
    phases.fill(index, start, end)
    for (let at = start; at < end; at++) bits[at] = bitsAt(phase, at)
  })
  const bitsOf = (dueUs: number): number => bits[(dueUs / 1000) | 0] ?? 0
  return {
    isHeld: dueUs => (bitsOf(dueUs) & HELD) !== 0,
    isMeasured: dueUs => (bitsOf(dueUs) & MEASURED) !== 0,
    isOverload: dueUs => (bitsOf(dueUs) & OVERLOAD) !== 0,
    mayBeShed: dueUs => (bitsOf(dueUs) & MAY_BE_SHED) !== 0,
    phaseIndex: dueUs => phases[(dueUs / 1000) | 0] ?? -1,
  }
}

function bitsAt(phase: PlanPhase, atMs: number): number {
  if (phase.overload) return OVERLOAD | MAY_BE_SHED | (phase.measured ? MEASURED : 0)
  if (!phase.measured) return 0
  return atMs < phase.startMs + phase.settleMs ? MEASURED | MAY_BE_SHED : MEASURED | HELD
}
