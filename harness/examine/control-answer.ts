/** What the controls of a language did: remembered from a calibration, or measured now and remembered. */
import { CandidateFault } from '../candidate/fault.ts'
import type { Target } from '../candidate/find-candidate.ts'
import type { Check, ControlAnswer, MeasuredControl } from './check.ts'
import { readCalibration, writeCalibration } from './calibration-store.ts'
import { controlsOf } from './controls.ts'
import { measureControls } from './measure-controls.ts'

export interface ControlQuestion {
  readonly profile: string
  readonly target: Target
  readonly signal: AbortSignal
  /** Default: plays them. */
  readonly measure?: typeof measureControls
}

/** A control that stands in for itself would prove nothing, and would be measured without end. */
export async function controlAnswer(
  check: Check,
  { profile, target, signal, measure = measureControls }: ControlQuestion,
): Promise<ControlAnswer> {
  if (target.kind !== 'manifest') return 'unknown'
  const { language } = target.manifest
  const controls = controlsOf(check.id, language)
  if (controls === undefined) return 'unknown'
  const known = await readCalibration(check.id, language, profile)
  if (known !== undefined) return known
  let measured: MeasuredControl
  try {
    measured = await measure(check, controls, profile, signal)
  } catch (error) {
    // A control that does not build or start here (no toolchain, say) shows no power, and is no fault of the candidate.
    if (error instanceof CandidateFault) return 'unusable'
    throw error
  }
  await writeCalibration(check.id, language, profile, measured)
  return measured
}
