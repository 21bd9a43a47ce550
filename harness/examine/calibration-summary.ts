/** What is remembered of a language's controls on this machine, in one line: how far a pass of its race checks can be trusted. */
import { PLAIN } from './amplifiers.ts'
import type { Check } from './check.ts'
import { readCalibration } from './calibration-store.ts'
import { controlsOf } from './controls.ts'

/** E.g. "flawed found in 4 of 4 race checks, right failed in 0 of 4"; `null` where nothing is remembered. */
export async function calibrationSummary(checks: readonly Pick<Check, 'id'>[], language: string): Promise<string | null> {
  const controlled = checks.filter(({ id }) => controlsOf(id, language) !== undefined)
  const answers = []
  for (const { id } of controlled) answers.push(await readCalibration(id, language, PLAIN))
  const known = answers.filter(answer => answer !== undefined)
  if (known.length === 0) return null
  const found = known.filter(({ batchesForFive }) => batchesForFive !== null).length
  const wronged = known.filter(({ rightFailedBatches }) => rightFailedBatches > 0).length
  const left = controlled.length - known.length
  const rest = left === 0 ? '' : `; ${left} not calibrated yet`
  return `flawed found in ${found} of ${known.length} race ${known.length === 1 ? 'check' : 'checks'}, right failed in ${wronged} of ${known.length}${rest}`
}
