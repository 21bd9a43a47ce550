/** One run of a key-value scenario from start to record: the cluster is started, played against and ended, and what was measured is on disk. */
import { setTimeout as sleep } from 'node:timers/promises'
import { attachToServer } from '../candidate/attach-candidate.ts'
import { CandidateFault, MisuseError } from '../candidate/fault.ts'
import type { ManifestTarget, Target, UrlTarget } from '../candidate/find-candidate.ts'
import { startCandidate } from '../candidate/start-candidate.ts'
import { KvCluster } from '../examine/kv/cluster.ts'
import type { KvNode } from '../examine/kv/kv-node.ts'
import { createPatience } from '../examine/patience.ts'
import { judgeRun } from '../judge/judge-run.ts'
import { urlOfNode } from '../load/kv-client-pool.ts'
import { emptyOutcomes } from '../load/kv-open-play.ts'
import { measureKvRun } from '../load/measured-kv-run.ts'
import { measureFarthestRtt } from '../load/network-rtt.ts'
import { type PlayedKv, playKv, type PlayKvOptions, unplayedKv } from '../load/play-kv.ts'
import { KvHistoryRecorder } from '../record/kv-history-recorder.ts'
import type { RunRecord } from '../record/run-record.ts'
import type { KvScenario } from '../scenario/kv-scenario.ts'
import { createRandom } from '../scenario/seeded-random.ts'
import { requireNodeAddresses } from './kv-nodes.ts'
import { createRunFolder, type RunFolder } from './run-files.ts'
import { type FinishedRun, frame, type RunOnceOptions, SAVE_MS } from './run-once.ts'

export interface RunKvOnceOptions extends Omit<RunOnceOptions, 'scenario' | 'target' | 'workers' | 'pid'> {
  readonly scenario: KvScenario
  /** A candidate's manifest, or the nodes of a store that runs already. */
  readonly targets: readonly Target[]
}

/** What a run needs of the nodes, whoever started them. */
type Nodes = Pick<PlayKvOptions, 'nodes' | 'sampleServer' | 'serverExit' | 'inflict'> & {
  /** How strictly they are contained; `null` for nodes that Assay did not start. */
  readonly containment: string | null
  output(): string
  close(): Promise<void>
}

/** Runs, and returns the judged record, saved together with its report. */
export async function runKvOnce(options: RunKvOnceOptions): Promise<FinishedRun> {
  const { scenario, seed, targets } = options
  const [first] = targets
  const urls = targets.filter(target => target.kind === 'url')
  if (first === undefined) throw new Error('Expected a target.')
  if (urls.length > 0 && scenario.faults.length > 0) {
    throw new MisuseError(
      'Expected a candidate folder, as this scenario has `faults` and only nodes that Assay started can be killed. Leave them out with --set faults=[].',
    )
  }
  if (first.kind === 'manifest') requireNodeAddresses()
  const startedAt = new Date()
  const candidateName = first.kind === 'url' ? first.url : first.manifest.name
  const folder = createRunFolder(options.out, startedAt, scenario.name, candidateName, options.repetition, options.repeats)
  const recordOf = (played: PlayedKv, output: string): RunRecord =>
    judgeRun({
      ...frame(options, startedAt),
      ...measureKvRun(played, scenario.slaMs),
      candidate: describe(options, played, output, { rttMs, containment: nodes?.containment ?? null }),
    })
  let nodes: Nodes | null = null
  let rttMs: number | null = null
  try {
    nodes = first.kind === 'url' ? await attachTo(urls, options.signal) : await startNodes(first, options)
    rttMs = await measureFarthestRtt(nodes.nodes)
    const where = nodes.nodes.map(node => `${node.name} ${urlOfNode(node)}`).join(', ')
    options.note(`${candidateName}: ${where}${nodes.containment === null ? '' : `; ${nodes.containment}`}`)
    return save(folder, recordOf(await play(options, nodes, folder, recordOf), nodes.output()))
  } catch (error) {
    if (options.signal.aborted && nodes === null) {
      return save(folder, recordOf(unplayedKv(scenario, seed, 'Interrupted before the store had started.', 'user'), ''))
    }
    if (!(error instanceof CandidateFault)) throw error
    return save(folder, recordOf(unplayedKv(scenario, seed, error.message, 'server'), error.output))
  } finally {
    await nodes?.close()
  }
}

async function play(
  { scenario, seed, signal, progress }: RunKvOnceOptions,
  nodes: Nodes,
  folder: RunFolder,
  recordOf: (played: PlayedKv, output: string) => RunRecord,
): Promise<PlayedKv> {
  let savedMs = performance.now()
  const played = await playKv({
    ...nodes,
    scenario,
    seed,
    signal,
    onProgress(soFar) {
      progress.showKv(soFar)
      if (performance.now() - savedMs < SAVE_MS) return
      savedMs = performance.now()
      folder.writeRecord(recordOf(withoutLatencies(soFar), nodes.output()))
    },
  })
  progress.end()
  return played
}

/**
 * What is saved while the run goes on: counts, events and samples. Working out latencies takes this thread longer than requests may be late, so they
 * wait for the end.
 */
function withoutLatencies(played: PlayedKv): PlayedKv {
  return { ...played, outcomes: { ...emptyOutcomes(0), retries: played.outcomes.retries, troubles: played.outcomes.troubles } }
}

/**
 * Nodes that run already: nothing is known of their processes.
 * @throws MisuseError when nothing listens at one of them.
 */
async function attachTo(urls: readonly UrlTarget[], signal: AbortSignal): Promise<Nodes> {
  for (const url of urls) await attachToServer(url, { signal })
  return {
    nodes: urls.map(({ host, port }, index) => ({ name: `node ${index + 1}`, host, port })),
    sampleServer: () => null,
    serverExit: () => null,
    containment: null,
    inflict: async () => await Promise.reject(new Error('Expected no faults for nodes that Assay did not start.')),
    output: () => '',
    close: async () => await Promise.resolve(),
  }
}

async function startNodes(target: ManifestTarget, { scenario, seed, signal }: RunKvOnceOptions): Promise<Nodes> {
  let addresses = 0
  const nowMs = (): number => performance.now()
  const cluster = await KvCluster.make(
    {
      readyMs: target.manifest.readyTimeout * 1000,
      recorder: new KvHistoryRecorder(),
      patience: createPatience(nowMs, Infinity, signal),
      nowMs,
      random: createRandom(seed, 'kv cluster'),
      start: async options => await startCandidate(target, { ...options, signal }),
    },
    { size: scenario.nodes },
    () => addresses++,
  )
  try {
    await cluster.start()
  } catch (error) {
    await cluster.close()
    throw error
  }
  return {
    nodes: cluster.nodes.map(({ name, host, port }) => ({ name, host, port })),
    containment: cluster.nodes[0]?.server.containment?.summary ?? null,
    sampleServer: () => sampleOf(cluster),
    serverExit: () => exitOf(cluster),
    inflict: async fault => {
      const node = cluster.nodes[fault.node - 1]
      if (node === undefined) throw new Error(`Expected node ${fault.node} to be there.`)
      const pause = async (): Promise<void> => await sleep(fault.forSeconds * 1000, undefined, { signal }).catch(() => undefined)
      if (fault.kind === 'pause') {
        node.pause()
        await pause()
        node.resume()
        return null
      }
      await node.kill()
      await pause()
      signal.throwIfAborted()
      await cluster.launch(node)
      return await whyNotReady(node)
    },
    output: () => cluster.nodes.map(node => `--- ${node.name}\n${node.server.output()}`).join('\n'),
    close: async () => await cluster.close(),
  }
}

/** `null` once the node serves. */
async function whyNotReady(node: KvNode): Promise<string | null> {
  const expected = `Expected node ${node.name} to serve again after its restart`
  try {
    return (await node.ready()) ? null : `${expected}, got no 200 from /health.`
  } catch (error) {
    if (error instanceof CandidateFault) return `${expected}. ${error.message}`
    throw error
  }
}

function sampleOf(cluster: KvCluster): ReturnType<Nodes['sampleServer']> {
  const samples = cluster.nodes.map(node => node.sample()).filter(sample => sample !== null)
  if (samples.length === 0) return null
  const sum = (pick: (sample: (typeof samples)[number]) => number): number => samples.reduce((total, sample) => total + pick(sample), 0)
  return {
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    rssBytes: sum(({ rssBytes }) => rssBytes),
    fds: sum(({ fds }) => fds),
    threads: sum(({ threads }) => threads),
  }
}

function exitOf(cluster: KvCluster): string | null {
  for (const node of cluster.nodes) {
    if (node.crash !== null) return `Node ${node.name} ended during the run (${node.crash.explanation}).`
  }
  return null
}

function save(folder: RunFolder, record: RunRecord): FinishedRun {
  folder.writeRecord(record)
  folder.writeReport(record)
  return { record, folder }
}

function describe(
  { targets, targetName }: RunKvOnceOptions,
  played: PlayedKv,
  output: string,
  { rttMs, containment }: { readonly rttMs: number | null; readonly containment: string | null },
): RunRecord['candidate'] {
  const [first] = targets
  const manifest = first?.kind === 'manifest' ? first.manifest : undefined
  return {
    name: manifest?.name ?? targetName,
    language: manifest?.language ?? 'unknown',
    transport: 'http',
    url: played.nodes.map(urlOfNode).join(', '),
    target: targetName,
    startedByAssay: manifest !== undefined,
    containment,
    output,
    exit: played.endedBy === 'server' ? played.statusText : '',
    networkRttMs: rttMs,
  }
}
