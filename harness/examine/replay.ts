/**
 * Plays one failing interleaving again, leaves out what it does not need, and finds how often the rest shows. A race is luck, so a smaller
 * one counts only if it is found in most of a few tries; and a try is only found to fail for good by the judge, at the end.
 */
import { MisuseError } from '../candidate/fault.ts'
import type { Target } from '../candidate/find-candidate.ts'
import type { ContainmentName } from '../candidate/contain-level.ts'
import { startCandidate, type StartOptions } from '../candidate/start-candidate.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import type { CheckResult } from '../record/check-record.ts'
import type { Interleaving, RaceRecipe } from '../record/race-recipe.ts'
import { createReadArea } from '../wire/read-area.ts'
import { hasProfile, underProfile } from './amplifiers.ts'
import { runChatCheck } from './chat-attempt.ts'
import type { Check, CheckContext, CheckFinding } from './check.ts'
import { minimise } from './minimise.ts'
import { RaceTrials } from './race-trials.ts'
import { playUntilItShows } from './replay-picture.ts'
import { requestPlaces, sizeOf, withChannels, withConnections, withRequests } from './smaller-recipe.ts'

const READ_WINDOW_BYTES = 1024 * 1024
/** How long one try plays a recipe over and over. */
export const TRY_MS = 3000
/** Shorter while candidates for the smallest one are gone through: what shows within this does so all the more within a whole try. */
const SHRINK_TRY_MS = 1500
/** A smaller recipe is taken where it shows in two of three tries. */
const ENOUGH_HITS = 2
const MOST_MISSES = 1
/** Tries of the recipe as it was kept, before it is given up; fewer where fewer were asked for. */
const FIRST_TRIES = 5
/** For all that is not shrinking: the first tries, those that are counted, and the picture. */
const OTHER_WORK_MS = 180_000

export interface ReplayOptions {
  readonly check: Check
  readonly interleaving: Interleaving
  readonly target: Target
  readonly seed: number
  /** How long to look for a smaller one, in milliseconds. */
  readonly shrinkMs: number
  /** How often to try the smallest, 1 to 100. */
  readonly tries: number
  readonly containment: ContainmentName | undefined
  readonly signal: AbortSignal
  onProgress(text: string): void
}

export interface Replayed {
  readonly recipe: RaceRecipe
  readonly hits: number
  readonly tries: number
  readonly withinSeconds: number | null
  /** Of the smallest one, judged with the check's own patience. */
  readonly picture: Pick<CheckResult, 'evidence' | 'stacks'>
}

/**
 * @throws CandidateFault where the candidate does not build or start.
 * @throws MisuseError where it cannot be started under the profile that the race was found under.
 */
export async function replayInterleaving(options: ReplayOptions): Promise<Replayed> {
  assertProfile(options)
  let counted: Omit<Replayed, 'picture'> | undefined
  const result = await onServer(options, true, async context => {
    counted = await shrinkAndCount(context, options)
    return { outcome: 'pass', reason: '' }
  })
  if (counted === undefined) throw new Error(`Expected the interleaving to be played, got: ${result.reason}`)
  const { recipe, hits } = counted
  if (hits === 0) return { ...counted, picture: { evidence: [] } }
  options.onProgress('drawing the smallest one')
  const { evidence, stacks } = await onServer(options, false, async context => await playUntilItShows(context, recipe, TRY_MS * 3))
  return { ...counted, picture: { evidence, ...(stacks === undefined ? {} : { stacks }) } }
}

function assertProfile({ target, interleaving: { profile } }: ReplayOptions): void {
  if (hasProfile(target.kind === 'manifest' ? target.manifest.language : '', profile)) return
  const got = target.kind === 'manifest' ? `one in ${target.manifest.language}` : `${target.url}, which runs already`
  throw new MisuseError(
    `Expected a server that can be started under the profile in which the race was found (${JSON.stringify(profile)}), got ${got}. ` +
      'Name the folder of a server in the same language.',
  )
}

/** As a check on a fresh server; `isMeasured` shortens the patience with a server that is stuck, and leaves the verdict out. */
async function onServer(
  options: ReplayOptions,
  isMeasured: boolean,
  run: (context: CheckContext) => Promise<CheckFinding>,
): Promise<CheckResult> {
  const { target, signal, containment, seed, check, shrinkMs } = options
  const manifest = target.kind === 'manifest' ? target.manifest : null
  return await underProfile(manifest?.language ?? '', options.interleaving.profile, async amplified => {
    const start = async (more: StartOptions = {}): Promise<RunningCandidate> =>
      await startCandidate(target, { signal, containment, ...amplified, ...more })
    const server = await start()
    try {
      return await runChatCheck(
        { ...check, budgetMs: shrinkMs + OTHER_WORK_MS, run },
        {
          server,
          start,
          area: createReadArea(READ_WINDOW_BYTES),
          seed,
          repetition: 1,
          quick: false,
          manifest,
          signal,
          measure: isMeasured ? { batches: 0, catches: 0 } : null,
          control: async () => await Promise.resolve('unknown' as const),
          progress: text => options.onProgress(text),
        },
      )
    } finally {
      await server.stop()
    }
  })
}

async function shrinkAndCount(context: CheckContext, options: ReplayOptions): Promise<Omit<Replayed, 'picture'>> {
  const trials = new RaceTrials(context)
  const given = options.interleaving.recipe
  context.progress('playing it as it was kept')
  for (let tried = 1; !(await trials.shows(given, TRY_MS)); tried++) {
    if (tried === Math.min(FIRST_TRIES, options.tries)) return { recipe: given, hits: 0, tries: tried, withinSeconds: null }
  }
  const recipe = await smallest(context, trials, given, context.nowMs() + options.shrinkMs)
  const { hits, slowestMs } = await trials.count(recipe, options.tries, TRY_MS)
  return { recipe, hits, tries: options.tries, withinSeconds: slowestMs === null ? null : slowestMs / 1000 }
}

/** Connections first, which take most with them; then channels, then single requests; and again, until nothing more can go. */
async function smallest(context: CheckContext, trials: RaceTrials, given: RaceRecipe, endMs: number): Promise<RaceRecipe> {
  let recipe: RaceRecipe = given
  /** Different cuts lead to the same recipe, and the last round only meets what the one before has turned down. */
  const rejected = new Set<string>()
  const shows = async (candidate: RaceRecipe): Promise<boolean> => {
    if (context.nowMs() >= endMs) return false
    const { connections, channels, requests } = sizeOf(candidate)
    context.progress(`trying ${connections} connections, ${channels} channels, ${requests} requests`)
    const key = JSON.stringify(candidate)
    if (candidate.roll.length === 0 || rejected.has(key)) return false
    if (await isReliable(trials, candidate)) return true
    rejected.add(key)
    return false
  }
  const reduce = async <T>(items: readonly T[], smaller: (from: RaceRecipe, kept: readonly T[]) => RaceRecipe): Promise<void> => {
    const from = recipe
    const kept = await minimise(items, async candidate => await shows(smaller(from, candidate)))
    if (kept.length < items.length) recipe = smaller(from, kept)
  }
  for (let before = Infinity; weightOf(recipe) < before;) {
    before = weightOf(recipe)
    await reduce([...recipe.connections.keys()], withConnections)
    await reduce(
      Array.from({ length: recipe.channels }, (_, at) => at),
      withChannels,
    )
    await reduce(requestPlaces(recipe), withRequests)
  }
  return recipe
}

async function isReliable(trials: RaceTrials, recipe: RaceRecipe): Promise<boolean> {
  let misses = 0
  for (let hits = 0; hits < ENOUGH_HITS;) {
    if (await trials.shows(recipe, SHRINK_TRY_MS)) hits++
    else if (++misses > MOST_MISSES) return false
  }
  return true
}

function weightOf(recipe: RaceRecipe): number {
  const { connections, channels, requests } = sizeOf(recipe)
  return connections + channels + requests
}
