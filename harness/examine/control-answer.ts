/** What the controls of a language did: remembered from a calibration, or measured now and remembered. */
import { CandidateFault } from '../candidate/fault.ts'
import type { Target } from '../candidate/find-candidate.ts'
import type { Check, ControlAnswer } from './check.ts'
import { readCalibration, writeCalibration } from './calibration-store.ts'
import { controlsOf } from './controls.ts'
import { measureControls } from './measure-controls.ts'

/** A control that stands in for itself would prove nothing, and would be measured without end. */
export async function controlAnswer(check: Check, profile: string, target: Target, signal: AbortSignal): Promise<ControlAnswer> {
  if (target.kind !== 'manifest') return 'unknown'
  const { language } = target.manifest
  const controls = controlsOf(check.id, language)
  if (controls === undefined) return 'unknown'
  const known = await readCalibration(check.id, language, profile)
  if (known !== undefined) return known
  let measured
  try {
    measured = await measureControls(check, controls, profile, signal)
  } catch (error) {
    // A control that does not build or start here (no toolchain, say) shows no power, and is no fault of the candidate.
    if (error instanceof CandidateFault) return 'unknown'
    throw error
  }
  await writeCalibration(check.id, language, profile, measured)
  return measured
}
