/** For tests: plays a scenario built in code against one of the servers with a known fault, and gives its own account beside ours. */
import type { RunSummary } from '../record/run-record.ts'
import { type Scenario, scenarioSchema } from '../scenario/scenario.ts'
import { type MeasuredRun, measureRun } from './measured-run.ts'
import { type Played, playScenario, type ServerUsage } from './play-scenario.ts'

/** What is needed of a server that was started for the test. */
export interface FaultyServer {
  readonly transport: 'ws' | 'tcp' | 'http'
  readonly host: string
  readonly port: number
  output(): string
  sample(): ServerUsage | null
  hasExited(): { readonly explanation: string } | null
  stop(): Promise<unknown>
}

/** What a faulty server says of itself: one count for each fault, absent where it is 0. */
type Truth = Readonly<Record<string, number | undefined>>

export interface WholeRun {
  readonly played: Played
  readonly run: MeasuredRun
  readonly summary: RunSummary
  readonly truth: Truth
}

export interface WholeRunOptions {
  /** The manifest's name without `candidate.` and `.yaml`. */
  readonly fixture: string
  /** Changes to the scenario: 100 users in 5 channels, 2 each, 200 messages a second for 3 s after half a second of warm-up. */
  readonly scenario?: Record<string, unknown>
  readonly workers?: number
  readonly seed?: number
  /** Interrupts the run so long after the schedule's start. */
  readonly abortAfterMs?: number
}

export async function playAgainst(server: FaultyServer, options: WholeRunOptions): Promise<WholeRun> {
  const { workers = 1, seed = 11, abortAfterMs = Infinity } = options
  const scenario = smallScenario(options.scenario ?? {})
  if (server.transport === 'http') throw new Error('Expected a chat server, got one that speaks HTTP.')
  const interrupt = new AbortController()
  try {
    const played = await playScenario({
      scenario,
      seed,
      address: { transport: server.transport, host: server.host, port: server.port },
      workers,
      signal: interrupt.signal,
      sampleServer: () => server.sample(),
      serverExit: () => server.hasExited()?.explanation ?? null,
      onProgress({ stage, atMs }) {
        if (stage === 'playing' && atMs > abortAfterMs) interrupt.abort()
      },
    })
    await server.stop()
    const run = measureRun(played, scenario.slaMs)
    return { played, run, summary: run.summary, truth: lastTruth(server.output()) }
  } finally {
    await server.stop()
  }
}

/** The counts that a run and a faulty server's account have in common. */
export function ourCounts({ summary }: WholeRun): Record<string, number> {
  const { messages, lost, duplicated, misdelivered, corrupted, garbled, dropped } = summary
  return { messages, lost, duplicated, misdelivered, corrupted, garbled, dropped }
}

/** Deliveries that the server wrote, without those of the fresh messages; a loss that fell on one of these makes it one less. */
export function trueDeliveries({ truth, played }: WholeRun): number {
  return (truth['written'] ?? 0) - played.plan.memberChannels.length * played.workers
}

/** The same counts by the server's account, without the fresh message a channel and worker that ends a run. */
export function trueCounts({ truth, played }: WholeRun): Record<string, number> {
  const of = (name: string): number => truth[name] ?? 0
  const probes = played.plan.channelNames.length * played.workers
  return {
    messages: of('messages') - probes,
    lost: of('lost'),
    duplicated: of('duplicated'),
    misdelivered: of('strays') + of('mislabelled'),
    corrupted: of('corrupted'),
    garbled: of('garbled'),
    dropped: of('dropped'),
  }
}

function smallScenario(changes: Record<string, unknown>): Scenario {
  return scenarioSchema.parse({
    name: 'small',
    users: 100,
    channels: 5,
    membership: { kind: 'fixed', channelsPerUser: 2 },
    arrival: { model: 'open', process: 'poisson', ratePerSecond: 200 },
    body: { bytes: { min: 0, max: 300 } },
    phases: [
      { name: 'warm-up', kind: 'warm-up', seconds: 0.5 },
      { name: 'hold', kind: 'hold', seconds: 3 },
      { name: 'drain', kind: 'drain', seconds: 30 },
    ],
    ...changes,
  })
}

function lastTruth(output: string): Truth {
  const line = output
    .split('\n')
    .filter(text => text.startsWith('truth {'))
    .at(-1)
  if (line === undefined) throw new Error(`Expected the server to print its account, got ${JSON.stringify(output.slice(-300))}`)
  return JSON.parse(line.slice('truth '.length)) as Truth
}
