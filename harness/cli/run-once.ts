/** One run from start to record: the candidate is started, played against and ended, and what was measured is on disk at every moment. */
import { CandidateFault } from '../candidate/fault.ts'
import type { Target } from '../candidate/find-candidate.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { startCandidate } from '../candidate/start-candidate.ts'
import { judgeRun } from '../judge/judge-run.ts'
import { describeMachine } from '../load/machine.ts'
import { measureRun } from '../load/measured-run.ts'
import { measureNetworkRtt } from '../load/network-rtt.ts'
import { type Played, playScenario, unplayed } from '../load/play-scenario.ts'
import { defaultWorkers } from '../load/worker-count.ts'
import { RUN_RECORD_VERSION, type RunRecord } from '../record/run-record.ts'
import type { KvScenario } from '../scenario/kv-scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { ASSAY_VERSION } from './package-root.ts'
import { createRunFolder, type RunFolder } from './run-files.ts'
import type { RunProgress } from './run-progress.ts'

export const SAVE_MS = 2000

export interface RunOnceOptions {
  readonly scenario: Scenario
  readonly target: Target
  /** As the user named it. */
  readonly targetName: string
  readonly seed: number
  readonly out: string | undefined
  readonly repetition: number
  readonly repeats: number
  readonly workers: number | undefined
  readonly pid: number | undefined
  /** The command that plays this run again. */
  readonly command: string
  readonly signal: AbortSignal
  readonly progress: RunProgress
  note(line: string): void
}

export interface FinishedRun {
  readonly record: RunRecord
  readonly folder: RunFolder
}

/** Runs, and returns the judged record, saved together with its report. */
export async function runOnce(options: RunOnceOptions): Promise<FinishedRun> {
  const { scenario, seed } = options
  const startedAt = new Date()
  const candidateName = options.target.kind === 'url' ? options.target.url : options.target.manifest.name
  const folder = createRunFolder(options.out, startedAt, scenario.name, candidateName, options.repetition, options.repeats)
  const recordOf = (played: Played, candidate: RunningCandidate | null, rttMs: number | null, fault = ''): RunRecord =>
    judgeRun({ ...frame(options, startedAt), ...measureRun(played, scenario.slaMs), candidate: describe(options, candidate, rttMs, fault) })
  let candidate: RunningCandidate | null = null
  try {
    candidate = await startCandidate(options.target, { signal: options.signal, ...(options.pid === undefined ? {} : { pid: options.pid }) })
    options.note(
      `${candidate.name} listens at ${candidate.url}${candidate.containment === undefined ? '' : `; ${candidate.containment.summary}`}`,
    )
    const record = await playAgainst(options, candidate, recordOf, folder)
    return save(folder, record)
  } catch (error) {
    if (options.signal.aborted && candidate === null) {
      return save(folder, recordOf(unplayed(scenario, seed, 'Interrupted before the server had started.', 'user'), null, null))
    }
    if (!(error instanceof CandidateFault)) throw error
    return save(folder, recordOf(unplayed(scenario, seed, error.message, 'server'), candidate, null, error.output))
  } finally {
    await candidate?.stop()
  }
}

type RecordOf = (played: Played, candidate: RunningCandidate | null, rttMs: number | null) => RunRecord

async function playAgainst(
  options: RunOnceOptions,
  candidate: RunningCandidate,
  recordOf: RecordOf,
  folder: RunFolder,
): Promise<RunRecord> {
  const { scenario, seed, signal, progress } = options
  const { host, port, transport } = candidate
  if (transport === 'http')
    throw new CandidateFault('Expected a chat server (transport ws or tcp), got one that speaks HTTP. Scenarios play chat servers.')
  const rttMs = await measureNetworkRtt(host, port)
  let savedMs = -Infinity
  const played = await playScenario({
    scenario,
    seed,
    address: { transport, host, port },
    workers: options.workers ?? defaultWorkers(),
    signal,
    sampleServer: () => candidate.sample(),
    serverExit: () => candidate.hasExited()?.explanation ?? null,
    onProgress(soFar) {
      progress.show(soFar)
      if (performance.now() - savedMs < SAVE_MS) return
      savedMs = performance.now()
      folder.writeRecord(recordOf(soFar, candidate, rttMs))
    },
  })
  progress.end()
  return recordOf(played, candidate, rttMs)
}

function save(folder: RunFolder, record: RunRecord): FinishedRun {
  folder.writeRecord(record)
  folder.writeReport(record)
  return { record, folder }
}

/** The part of a record that neither the engine nor the judge knows. */
export function frame(
  {
    scenario,
    seed,
    repetition,
    command,
  }: Pick<RunOnceOptions, 'seed' | 'repetition' | 'command'> & { readonly scenario: Scenario | KvScenario },
  startedAt: Date,
) {
  return {
    kind: 'assay-run' as const,
    version: RUN_RECORD_VERSION as typeof RUN_RECORD_VERSION,
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    command,
    assayVersion: ASSAY_VERSION,
    seed,
    repetition,
    machine: describeMachine(),
    scenario: { ...scenario },
    slaMs: scenario.slaMs,
    thresholds: [],
  }
}

function describe(
  options: RunOnceOptions,
  candidate: RunningCandidate | null,
  rttMs: number | null,
  fault: string,
): RunRecord['candidate'] {
  const { target, targetName } = options
  const isUrl = target.kind === 'url'
  const transport = isUrl ? target.transport : target.manifest.transport
  return {
    name: isUrl ? target.url : target.manifest.name,
    language: isUrl ? 'unknown' : target.manifest.language,
    transport: transport === 'tcp' ? 'tcp' : 'ws',
    url: candidate?.url ?? '',
    target: targetName,
    startedByAssay: !isUrl,
    containment: candidate?.containment?.summary ?? null,
    output: candidate?.output() ?? fault,
    exit: candidate?.hasExited()?.explanation ?? '',
    networkRttMs: rttMs,
  }
}
