/** Nodes of a store for the benchmark: started where they are told, with data that outlives them. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ASSAY_ROOT } from '../candidate/assay-package.ts'
import { resolveTarget } from '../candidate/find-candidate.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { startCandidate } from '../candidate/start-candidate.ts'
import { pinToCore, SERVER_CORE } from './pinning.ts'
import { KvClient } from '../wire/kv-client.ts'

export const KV_REFERENCE = 'reference/kv'
const READY_LIMIT_MS = 60_000
const READY_STEP_MS = 5

export interface BenchNode {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly folder: string
}

export interface BenchNodeOptions {
  readonly server: string
  readonly peers: readonly BenchNode[]
  readonly env?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** Starts it on the servers' core, and waits until it listens: not yet until it serves. */
export async function startBenchNode(node: BenchNode, { server, peers, env, signal }: BenchNodeOptions): Promise<RunningCandidate> {
  const list = peers.map(peer => `${peer.name}=${peer.host}:${peer.port}`).join(',')
  const candidate = await startCandidate(await resolveTarget(join(ASSAY_ROOT, server)), {
    signal,
    containment: 'group',
    host: node.host,
    port: node.port,
    extraEnv: { NODE: node.name, PEERS: list, DATA_DIR: node.folder, ...env },
  })
  // What we start inherits our own core.
  for (const pid of candidate.pids()) pinToCore(pid, SERVER_CORE)
  return candidate
}

/** Resolves when the node serves. @throws Error when it does not within a minute. */
export async function waitUntilItServes(node: BenchNode): Promise<void> {
  const client = new KvClient({ host: node.host, port: node.port, timeoutMs: 1000 })
  const endMs = performance.now() + READY_LIMIT_MS
  while ((await client.health()).outcome !== 'ok') {
    if (performance.now() > endMs) throw new Error(`Expected ${node.name} to serve within ${READY_LIMIT_MS} ms; it does not.`)
    await sleep(READY_STEP_MS)
  }
  client.close()
}
