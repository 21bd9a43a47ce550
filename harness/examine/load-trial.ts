/** One scenario played against a server that is already up, and judged: how checks and the capacity search put load on it. */
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { judgeRun } from '../judge/judge-run.ts'
import { describeMachine } from '../load/machine.ts'
import { measureRun } from '../load/measured-run.ts'
import { measureNetworkRtt } from '../load/network-rtt.ts'
import { type Played, playScenario } from '../load/play-scenario.ts'
import { defaultWorkers } from '../load/worker-count.ts'
import type { Evidence, RunRecord } from '../record/run-record.ts'
import { RUN_RECORD_VERSION } from '../record/run-record.ts'
import type { CheckEvidence } from '../record/check-record.ts'
import { type Scenario, scenarioSchema } from '../scenario/scenario.ts'

export interface LoadTrialOptions {
  readonly scenario: Scenario
  readonly server: RunningCandidate
  readonly seed: number
  readonly signal: AbortSignal
  /** Threads that play the users, 1 to 64. Default: all cores but one. */
  readonly workers?: number
  readonly onProgress?: (played: Played) => void
}

/** A scenario built in code, checked like one from a file. @throws an error that is a bug of Assay's when it is not valid. */
export function loadScenario(fields: Readonly<Record<string, unknown>>): Scenario {
  return scenarioSchema.parse(fields)
}

export async function playTrial(options: LoadTrialOptions): Promise<RunRecord> {
  const { scenario, server, seed, signal } = options
  if (server.transport === 'http') throw new Error('Expected a chat server, got one that speaks http.')
  const startedAt = new Date()
  // One that Assay started is on this machine.
  const rttMs = server.containment === undefined ? await measureNetworkRtt(server.host, server.port) : null
  const played = await playScenario({
    scenario,
    seed,
    address: { transport: server.transport, host: server.host, port: server.port },
    workers: options.workers ?? defaultWorkers(),
    signal,
    sampleServer: () => server.sample(),
    serverExit: () => server.hasExited()?.explanation ?? null,
    onProgress: soFar => options.onProgress?.(soFar),
  })
  return judgeRun({ ...frame(options, startedAt, rttMs), ...measureRun(played, scenario.slaMs) })
}

/** What no load excuses, and no lag of ours explains. */
const FACTS: ReadonlySet<string> = new Set(['duplicated', 'misdelivered', 'corrupted', 'garbled'])

/** The first of the facts that speak against the server in a run, in a sentence, however much it was asked for; `null` where there is none. */
export function factAgainst({ thresholds }: RunRecord): string | null {
  return thresholds.find(({ name, outcome }) => outcome === 'fail' && FACTS.has(name))?.explanation ?? null
}

/** Whether a run that did not pass was only late, or is in doubt: that may be the machine's, and another look may tell. */
export function isOnlyLate({ thresholds, endedBy }: RunRecord): boolean {
  return endedBy === 'schedule' && thresholds.every(({ name, outcome }) => outcome !== 'fail' || name.endsWith('Ms'))
}

/** A run's pictures, as a check keeps them. */
export function evidenceOfTrial({ evidence }: RunRecord): CheckEvidence[] {
  return evidence.map(one => ({ ...one, kind: kindOf(one.kind), occurrences: 1 }))
}

function kindOf(kind: Evidence['kind']): CheckEvidence['kind'] {
  return kind === 'stall' ? 'stuck' : kind
}

/** What neither the engine nor the judge knows of a run. */
function frame({ scenario, server, seed }: LoadTrialOptions, startedAt: Date, networkRttMs: number | null) {
  return {
    kind: 'assay-run' as const,
    version: RUN_RECORD_VERSION as typeof RUN_RECORD_VERSION,
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    command: '',
    assayVersion: '',
    seed,
    repetition: 1,
    machine: describeMachine(),
    candidate: {
      name: server.name,
      language: server.language,
      transport: server.transport === 'ws' ? ('ws' as const) : ('tcp' as const),
      url: server.url,
      target: server.url,
      startedByAssay: server.containment !== undefined,
      containment: server.containment?.summary ?? null,
      output: '',
      exit: server.hasExited()?.explanation ?? '',
      networkRttMs,
    },
    scenario: { ...scenario },
    slaMs: scenario.slaMs,
    thresholds: [],
  }
}
