import { whyNoContainer } from './contain-level.ts'
import type { ManifestTarget } from './find-candidate.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { prepareCandidate, type PreparedCandidate } from './prepare-candidate.ts'

/**
 * Builds before the examination enters its isolated network, for `--build-network`: inside there is nothing to download from. The start
 * later finds the build by its content and does not build again.
 *
 * @throws CandidateFault when the build fails.
 */
export async function buildAhead(
  target: ManifestTarget,
  options: { buildNetwork: boolean; limits?: Partial<Limits>; signal?: AbortSignal; onOutput?: (text: string) => void },
): Promise<PreparedCandidate> {
  const containment = (await whyNoContainer()) === undefined ? 'networked' : 'group'
  return await prepareCandidate(target, { ...options, containment, limits: { ...DEFAULT_LIMITS, ...options.limits } })
}
