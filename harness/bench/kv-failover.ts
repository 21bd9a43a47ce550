/** Three nodes of the reference store at a rate, while one of them is killed and comes back. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { freePort } from '../candidate/wait-until-listening.ts'
import { measureKvRun } from '../load/measured-kv-run.ts'
import { playKv } from '../load/play-kv.ts'
import { kvScenarioSchema } from '../scenario/kv-scenario.ts'
import { hasRound, type BenchContext, type BenchTable } from './bench-part.ts'
import { type BenchNode, KV_REFERENCE, startBenchNode, waitUntilItServes } from './kv-bench-node.ts'
import { formatRate, formatSpread, spreadOf } from './spread.ts'

const RATE_PER_SECOND = 300
const PHASES = ['all up', 'one killed', 'back'] as const
const MAX_ROUNDS = 3

export async function measureFailover(context: BenchContext): Promise<BenchTable> {
  const scenario = kvScenarioSchema.parse({
    name: 'failover',
    exercise: 'kv',
    mix: { get: 0.8, set: 0.2, delete: 0 },
    arrival: { model: 'open', ratePerSecond: RATE_PER_SECOND },
    phases: [
      { name: 'warm-up', kind: 'warm-up', seconds: 1 },
      ...PHASES.map(name => ({ name, kind: 'hold', seconds: 3 })),
      { name: 'drain', kind: 'drain', seconds: 10 },
    ],
    faults: [{ kind: 'kill', node: 2, atSeconds: 4, forSeconds: 3 }],
  })
  const runs: ReturnType<typeof measureKvRun>[] = []
  for (let round = 0; hasRound(context, round, MAX_ROUNDS); round++) {
    const cluster = await startCluster(context.signal)
    try {
      const played = await playKv({
        scenario,
        seed: round + 1,
        nodes: cluster.nodes,
        signal: context.signal,
        sampleServer: () => null,
        serverExit: () => null,
        inflict: async ({ node, forSeconds }) => await cluster.crash(node - 1, forSeconds),
        onProgress: () => undefined,
      })
      const run = measureKvRun(played, scenario.slaMs)
      runs.push(run)
      context.say(
        `failover: ${run.kv.failed} failed, ${run.kv.wrong} wrong, ${run.kv.diverged} diverged, longest ${run.summary.completionMs.max.toFixed(0)} ms`,
      )
    } finally {
      await cluster.stop()
    }
  }
  const sum = (pick: (kv: (typeof runs)[number]['kv']) => number | null): number =>
    runs.reduce((total, { kv }) => total + (pick(kv) ?? 0), 0)
  return {
    title: `Key-value store: three nodes at ${RATE_PER_SECOND} requests a second, one killed with -9 and started again`,
    note:
      `Open model, from due to answered by whichever node. In all rounds: ${sum(kv => kv.failed)} requests failed, ${sum(kv => kv.wrong)} wrong values, ` +
      `${sum(kv => kv.diverged)} keys on which nodes differ in the end, ${sum(kv => kv.superseded)} acknowledged writes lost, ${sum(kv => kv.retries)} tried again.`,
    rounds: runs.length,
    headings: ['phase', 'answers', 'p50', 'p99', 'longest'],
    rows: PHASES.map(name => {
      const phases = runs.flatMap(run => run.phases.filter(phase => phase.name === name))
      const ms = (value: number): string => `${value.toFixed(1)} ms`
      return [
        name,
        formatSpread(
          spreadOf(phases.map(({ completionMs, startMs, endMs }) => (completionMs.count * 1000) / (endMs - startMs))),
          formatRate,
        ),
        formatSpread(spreadOf(phases.map(({ completionMs }) => completionMs.p50)), ms),
        formatSpread(spreadOf(phases.map(({ completionMs }) => completionMs.p99)), ms),
        formatSpread(spreadOf(phases.map(({ completionMs }) => completionMs.max)), ms),
      ]
    }),
  }
}

interface BenchCluster {
  readonly nodes: readonly BenchNode[]
  /** kill -9, and started again after so long; resolves when it serves. */
  crash(index: number, forSeconds: number): Promise<string | null>
  stop(): Promise<void>
}

async function startCluster(signal: AbortSignal): Promise<BenchCluster> {
  const root = await mkdtemp(join(tmpdir(), 'assay-bench-kv-'))
  const nodes = await Promise.all(
    ['a', 'b', 'c'].map(async (name, index): Promise<BenchNode> => {
      const host = `127.0.0.${index + 2}`
      return { name, host, port: await freePort(host), folder: join(root, name) }
    }),
  )
  const start = async (node: BenchNode): Promise<RunningCandidate> =>
    await startBenchNode(node, { server: KV_REFERENCE, peers: nodes.filter(other => other !== node), signal })
  const running = await Promise.all(nodes.map(start))
  await Promise.all(nodes.map(waitUntilItServes))
  return {
    nodes,
    async crash(index, forSeconds) {
      const node = nodes[index]
      if (node === undefined) return 'Expected a node to kill.'
      await running[index]?.crash()
      await sleep(forSeconds * 1000)
      running[index] = await start(node)
      await waitUntilItServes(node)
      return null
    },
    async stop() {
      await Promise.all(running.map(async candidate => await candidate.stop()))
      await rm(root, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
