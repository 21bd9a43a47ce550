/** Runs the controls of a language through every race check that they serve, and remembers what they did on this machine. */
import { PLAIN } from './amplifiers.ts'
import type { MeasuredControl } from './check.ts'
import { writeCalibration } from './calibration-store.ts'
import { CHECKS } from './check-list.ts'
import { controlsOf } from './controls.ts'
import { measureControls } from './measure-controls.ts'

/** Whoever prepares an interview waits for it. */
export const CALIBRATION_SECONDS = 180

interface CalibratedCheck {
  readonly checkId: string
  readonly answer: MeasuredControl
  /** E.g. "flawed found 5 of 16, right failed 0 of 15". */
  readonly statement: string
}

export interface Calibration {
  readonly calibrated: readonly CalibratedCheck[]
  /** Ids of the checks that the time was up for, before their controls had been measured. */
  readonly left: readonly string[]
}

export interface CalibrateOptions {
  readonly language: string
  readonly signal?: AbortSignal
  /** For all of it together. Default: 180 s. */
  readonly limitMs?: number
  /** Default: plays them. */
  readonly measure?: typeof measureControls
  readonly onProgress?: (text: string) => void
}

/**
 * One after the other, some ten to forty seconds a check, until the time is up. A language without controls gives an empty list.
 *
 * @throws CandidateFault where a control does not build or start here, UndecidedError where this machine was too busy to tell.
 */
export async function calibrateLanguage(options: CalibrateOptions): Promise<Calibration> {
  const { language, signal = new AbortController().signal, limitMs = CALIBRATION_SECONDS * 1000 } = options
  const limit = AbortSignal.timeout(limitMs)
  const controlled = CHECKS.flatMap(check => {
    const controls = controlsOf(check.id, language)
    return controls === undefined ? [] : [{ check, controls }]
  })
  const calibrated: CalibratedCheck[] = []
  for (const { check, controls } of controlled) {
    signal.throwIfAborted()
    options.onProgress?.(check.id)
    try {
      const { measure = measureControls } = options
      const answer = await measure(check, controls, PLAIN, AbortSignal.any([signal, limit]))
      await writeCalibration(check.id, language, PLAIN, answer)
      calibrated.push({ checkId: check.id, answer, statement: statementOf(answer) })
    } catch (error) {
      if (signal.aborted || !limit.aborted) throw error
    }
    if (limit.aborted) break
  }
  const isDone = (id: string): boolean => calibrated.some(({ checkId }) => checkId === id)
  return { calibrated, left: controlled.map(({ check }) => check.id).filter(id => !isDone(id)) }
}

function statementOf({ failedBatches, batches, rightFailedBatches, rightBatches }: MeasuredControl): string {
  return `flawed found in ${failedBatches} of ${batches} batches, right failed in ${rightFailedBatches} of ${rightBatches}`
}
