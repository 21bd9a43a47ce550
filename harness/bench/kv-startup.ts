/** 100,000 keys of 1 KiB in the reference store: how long a node takes to start from its log, from a snapshot, from a peer; memory per key. */
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { freePort } from '../candidate/wait-until-listening.ts'
import { KvClient } from '../wire/kv-client.ts'
import { hasRound, type BenchContext, type BenchTable } from './bench-part.ts'
import { type BenchNode, KV_REFERENCE, startBenchNode, waitUntilItServes } from './kv-bench-node.ts'
import { formatSpread, spreadOf } from './spread.ts'

const KEYS = 100_000
const VALUE_BYTES = 1024
const WRITES_AT_ONCE = 64
const MAX_ROUNDS = 3
const SNAPSHOT_LIMIT_MS = 30_000
/** Longer than the log takes to be on disk. */
const FLUSHED_MS = 1_500
/** In mebibytes: never while it is filled, and at once. */
const NO_SNAPSHOT = { SNAPSHOT_AFTER: '10000' }
const EARLY_SNAPSHOT = { SNAPSHOT_AFTER: '1' }

export async function measureStartup(context: BenchContext): Promise<BenchTable> {
  const root = await mkdtemp(join(tmpdir(), 'assay-bench-kv-'))
  const running: RunningCandidate[] = []
  const start = async (node: BenchNode, peers: readonly BenchNode[], env: Readonly<Record<string, string>>): Promise<RunningCandidate> => {
    const candidate = await startBenchNode(node, { server: KV_REFERENCE, peers, env, signal: context.signal })
    running.push(candidate)
    await waitUntilItServes(node)
    return candidate
  }
  const timed = async (node: BenchNode, peers: readonly BenchNode[], env: Readonly<Record<string, string>>) => {
    const startMs = performance.now()
    const candidate = await start(node, peers, env)
    return { candidate, ms: performance.now() - startMs }
  }
  const times: Record<'empty' | 'log' | 'snapshot' | 'peer', number[]> = { empty: [], log: [], snapshot: [], peer: [] }
  try {
    const node: BenchNode = { name: 'a', host: '127.0.0.2', port: await freePort('127.0.0.2'), folder: join(root, 'a') }
    const first = await timed(node, [], NO_SNAPSHOT)
    times.empty.push(first.ms)
    const emptyBytes = first.candidate.sample()?.rssBytes ?? NaN
    await fill(node)
    await sleep(FLUSHED_MS)
    const fullBytes = first.candidate.sample()?.rssBytes ?? NaN
    context.say(`filled: ${((fullBytes - emptyBytes) / KEYS).toFixed(0)} bytes a key`)
    await first.candidate.crash()

    for (let round = 0; hasRound(context, round, MAX_ROUNDS); round++) {
      const again = await timed(node, [], NO_SNAPSHOT)
      times.log.push(again.ms)
      await again.candidate.crash()
    }
    const loaded = await start(node, [], EARLY_SNAPSHOT)
    await takeSnapshot(node)
    const bytesAfterStart = loaded.sample()?.rssBytes ?? NaN
    await loaded.crash()
    for (let round = 0; hasRound(context, round, MAX_ROUNDS); round++) {
      const again = await timed(node, [], NO_SNAPSHOT)
      times.snapshot.push(again.ms)
      await again.candidate.crash()
    }
    await start(node, [], NO_SNAPSHOT)
    for (let round = 0; hasRound(context, round, MAX_ROUNDS); round++) {
      const joiner: BenchNode = { name: 'b', host: '127.0.0.3', port: await freePort('127.0.0.3'), folder: join(root, `b${round}`) }
      const joined = await timed(joiner, [node], NO_SNAPSHOT)
      times.peer.push(joined.ms)
      await verify(joiner)
      await joined.candidate.crash()
    }
    return table(times, { emptyBytes, fullBytes, bytesAfterStart })
  } finally {
    await Promise.all(running.map(async candidate => await candidate.crash()))
    await rm(root, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function fill(node: BenchNode): Promise<void> {
  const client = new KvClient({ host: node.host, port: node.port, connections: WRITES_AT_ONCE })
  let next = 0
  const writer = async (): Promise<void> => {
    for (let key = next++; key < KEYS; key = next++) {
      const { outcome, reason } = await client.put(`key-${key}`, valueOf(key))
      if (outcome !== 'ok') throw new Error(`Expected key ${key} to be stored, got ${reason}.`)
    }
  }
  await Promise.all(Array.from({ length: WRITES_AT_ONCE }, writer))
  client.close()
}

/** One write makes a node whose log is long enough take a snapshot; it is there when the logs that it replaces are gone. */
async function takeSnapshot(node: BenchNode): Promise<void> {
  const client = new KvClient({ host: node.host, port: node.port })
  await client.put('key-0', valueOf(0))
  client.close()
  const isDone = (): boolean => {
    const files = existsSync(node.folder) ? readdirSync(node.folder) : []
    return files.some(name => /^snapshot-\d+$/.test(name)) && files.filter(name => name.startsWith('log-')).length === 1
  }
  for (let waitedMs = 0; waitedMs < SNAPSHOT_LIMIT_MS && !isDone(); waitedMs += 50) await sleep(50)
  if (!isDone()) throw new Error(`Expected a snapshot within ${SNAPSHOT_LIMIT_MS} ms, found none in ${node.folder}.`)
}

/** A joiner that serves has everything. */
async function verify(node: BenchNode): Promise<void> {
  const client = new KvClient({ host: node.host, port: node.port })
  for (const key of [0, 1, KEYS >> 1, KEYS - 1]) {
    const { body } = await client.get(`key-${key}`)
    if (!body.equals(valueOf(key))) throw new Error(`Expected the joiner to have key ${key}, got ${body.length} bytes.`)
  }
  client.close()
}

function valueOf(key: number): Buffer {
  return Buffer.alloc(VALUE_BYTES, `${key}-`)
}

function table(
  times: Record<'empty' | 'log' | 'snapshot' | 'peer', readonly number[]>,
  bytes: { readonly emptyBytes: number; readonly fullBytes: number; readonly bytesAfterStart: number },
): BenchTable {
  const row = (name: string, values: readonly number[]): string[] => [
    name,
    formatSpread(spreadOf(values), ms => `${(ms / 1000).toFixed(2)} s`),
  ]
  const perKey = (total: number): string => `${((total - bytes.emptyBytes) / KEYS).toFixed(0)} bytes a key`
  return {
    title: `Key-value store: ${KEYS.toLocaleString('en-US')} keys of ${VALUE_BYTES} bytes`,
    note: 'Start-up from the start of the process until /health says 200. Memory is the resident set, less that of an empty node.',
    rounds: times.log.length,
    headings: ['what', 'figure'],
    rows: [
      row('start-up, empty', times.empty),
      row('start-up from the log', times.log),
      row('start-up from a snapshot', times.snapshot),
      row('start-up of an empty node from a peer', times.peer),
      ['memory after filling', perKey(bytes.fullBytes)],
      ['memory after a restart', perKey(bytes.bytesAfterStart)],
    ],
  }
}
