/** Runs the controls of a language through every race check that they serve, and remembers what they did on this machine. */
import { PLAIN } from './amplifiers.ts'
import type { ControlAnswer } from './check.ts'
import { writeCalibration } from './calibration-store.ts'
import { CHECKS } from './check-list.ts'
import { controlsOf } from './controls.ts'
import { measureControls } from './measure-controls.ts'

export interface CalibratedCheck {
  readonly checkId: string
  readonly answer: Exclude<ControlAnswer, 'unknown'>
  /** E.g. "flawed found 5 of 16, right failed 0 of 15". */
  readonly statement: string
}

export interface CalibrateOptions {
  readonly language: string
  readonly signal?: AbortSignal
  readonly onProgress?: (text: string) => void
}

/**
 * One after the other, some ten to forty seconds a check. A language without controls gives an empty list.
 *
 * @throws CandidateFault where a control does not build or start here, UndecidedError where this machine was too busy to tell.
 */
export async function calibrateLanguage(options: CalibrateOptions): Promise<CalibratedCheck[]> {
  const { language, signal = new AbortController().signal } = options
  const calibrated: CalibratedCheck[] = []
  for (const check of CHECKS) {
    const controls = controlsOf(check.id, language)
    if (controls === undefined) continue
    signal.throwIfAborted()
    options.onProgress?.(check.id)
    const answer = await measureControls(check, controls, PLAIN, signal)
    await writeCalibration(check.id, language, PLAIN, answer)
    const { failedBatches, batches, rightFailedBatches, rightBatches } = answer
    const statement = `flawed found in ${failedBatches} of ${batches} batches, right failed in ${rightFailedBatches} of ${rightBatches}`
    calibrated.push({ checkId: check.id, answer, statement })
  }
  return calibrated
}
