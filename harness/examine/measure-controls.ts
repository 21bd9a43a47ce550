import { resolveTarget } from '../candidate/find-candidate.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { startCandidate } from '../candidate/start-candidate.ts'
import type { CheckPower } from '../record/check-record.ts'
import { createReadArea } from '../wire/read-area.ts'
import { PLAIN, underProfile } from './amplifiers.ts'
import type { Check, MeasuredControl } from './check.ts'
import type { Controls } from './controls.ts'
import { runChatCheck } from './chat-attempt.ts'
import { UndecidedError } from './patience.ts'

/** The racy control is played until it is caught five times, the right one for a good many batches. */
const RACY_LIMIT = { batches: 60, catches: 5 }
const RIGHT_LIMIT = { batches: 15, catches: 1 }
/** Under an amplifier, which stands beside the plain run: enough to see whether it does anything. */
const AMPLIFIED_RACY_LIMIT = { batches: 8, catches: 3 }
const AMPLIFIED_RIGHT_LIMIT = { batches: 6, catches: 1 }
const READ_WINDOW_BYTES = 1024 * 1024
/** Any will do; the same every time, so that calibrations compare. */
const SEED = 1

/**
 * Plays one race check on both controls.
 * @throws CandidateFault where a control does not build or start here, UndecidedError where this machine was too busy to tell.
 */
export async function measureControls(check: Check, controls: Controls, profile: string, signal: AbortSignal): Promise<MeasuredControl> {
  const isPlain = profile === PLAIN
  const racyLimit = isPlain ? RACY_LIMIT : AMPLIFIED_RACY_LIMIT
  const racy = await measure(check, controls.racy, profile, racyLimit, signal)
  const right = await measure(check, controls.right, profile, isPlain ? RIGHT_LIMIT : AMPLIFIED_RIGHT_LIMIT, signal)
  return {
    name: controls.name,
    rounds: racy.rounds,
    batches: racy.batches,
    failedRounds: racy.failedRounds,
    failedBatches: racy.failedBatches,
    firstFailureSeconds: racy.firstFailureSeconds,
    batchesForFive: racy.failedBatches >= racyLimit.catches ? racy.batches : null,
    rightFailedBatches: right.failedBatches,
    rightBatches: right.batches,
  }
}

async function measure(
  check: Check,
  folder: string,
  profile: string,
  limit: { batches: number; catches: number },
  signal: AbortSignal,
): Promise<CheckPower> {
  const target = await resolveTarget(folder)
  const manifest = target.kind === 'manifest' ? target.manifest : null
  return await underProfile(manifest?.language ?? '', profile, async amplified => {
    const start = async (): Promise<RunningCandidate> => await startCandidate(target, { signal, ...amplified })
    const server = await start()
    try {
      const result = await runChatCheck(check, {
        server,
        start,
        area: createReadArea(READ_WINDOW_BYTES),
        seed: SEED,
        repetition: 1,
        quick: false,
        manifest,
        signal,
        measure: limit,
        control: async () => await Promise.resolve('unknown' as const),
        progress: () => undefined,
      })
      if (result.power !== null) return result.power
      const text = `Expected the control ${folder} to be measured with ${check.id}, got: ${result.reason}`
      throw result.assayFault === undefined ? new UndecidedError(text) : new Error(text)
    } finally {
      await server.stop()
    }
  })
}
