/** The schedule's phases on one time axis that starts at 0 with the first phase. */
import type { LoadSegment } from './pacer.ts'
import type { Scenario } from './scenario.ts'
import { DEFAULT_DRAIN_SECONDS } from './scenario-phases.ts'

export interface PlanPhase {
  readonly name: string
  readonly kind: 'warm-up' | 'ramp' | 'hold' | 'spike' | 'recovery'
  readonly startMs: number
  readonly endMs: number
  readonly measured: boolean
  /** Above the floors: sends carry an id and may be shed. */
  readonly overload: boolean
  /** The first ms of the phase that are not held to the SLA; 0 except in a recovery. */
  readonly settleMs: number
  /** Factors of the arrival rate at the phase's start and end. */
  readonly loadFrom: number
  readonly loadTo: number
}

export interface PlanSchedule {
  readonly phases: readonly PlanPhase[]
  /** Where the last phase before the drain ends. */
  readonly scheduleMs: number
  /** The longest that the run waits for quiet after that. */
  readonly drainMs: number
}

export function planSchedule(scenarioPhases: Scenario['phases']): PlanSchedule {
  const phases: PlanPhase[] = []
  let startMs = 0
  let drainMs = DEFAULT_DRAIN_SECONDS * 1_000
  for (const phase of scenarioPhases) {
    if (phase.kind === 'drain') {
      drainMs = phase.seconds * 1_000
      continue
    }
    const endMs = startMs + phase.seconds * 1_000
    phases.push({
      name: phase.name,
      kind: phase.kind,
      startMs,
      endMs,
      measured: phase.kind !== 'warm-up',
      overload: 'overload' in phase && phase.overload,
      settleMs: phase.kind === 'recovery' ? phase.settleSeconds * 1_000 : 0,
      loadFrom: phase.kind === 'ramp' ? phase.from : phase.load,
      loadTo: phase.kind === 'ramp' ? phase.to : phase.load,
    })
    startMs = endMs
  }
  return { phases, scheduleMs: startMs, drainMs }
}

/** The load of an open model, phase by phase. */
export function loadSegments(phases: readonly PlanPhase[], ratePerSecond: number): LoadSegment[] {
  return phases.map(({ startMs, endMs, loadFrom, loadTo }) => ({
    startMs,
    endMs,
    fromPerSecond: loadFrom * ratePerSecond,
    toPerSecond: loadTo * ratePerSecond,
  }))
}
