/** One node of the reference store beside a node:http server that does nothing: requests a second, processor time and p99. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import autocannon, { type AutocannonRequest } from 'autocannon'
import { freePort } from '../candidate/wait-until-listening.ts'
import { KvClient } from '../wire/kv-client.ts'
import { hasRound, type BenchContext, type BenchTable } from './bench-part.ts'
import { cpuSecondsOf } from './bench-server.ts'
import { type BenchNode, KV_REFERENCE, startBenchNode, waitUntilItServes } from './kv-bench-node.ts'
import { GENERATOR_CORE, pinToCore } from './pinning.ts'
import { formatRate, formatRatio, formatSpread, ratioSpread, spreadOf } from './spread.ts'

const BARE = 'candidates/peers/bare-http'
const SERVERS = [BARE, KV_REFERENCE] as const
const CONNECTIONS = 32
const WARM_UP_SECONDS = 1
const SECONDS = 2
const KEYS = 1_000
const VALUE_BYTES = 100
const HOST = '127.0.0.2'

type Method = 'GET' | 'PUT'

interface Speed {
  readonly perSecond: number
  readonly serverMicros: number
  readonly p99Ms: number
}

export async function measureSpeed(context: BenchContext): Promise<BenchTable[]> {
  pinToCore(process.pid, GENERATOR_CORE)
  const results = new Map<string, Speed[]>()
  for (let round = 0; hasRound(context, round); round++) {
    for (const server of SERVERS) {
      const speeds = await speedOf(server, context.signal)
      for (const [method, speed] of speeds) {
        const key = `${method} ${server}`
        results.set(key, [...(results.get(key) ?? []), speed])
        context.say(
          `${key}: ${formatRate(speed.perSecond)}, ${speed.serverMicros.toFixed(1)} µs a request, p99 ${speed.p99Ms.toFixed(1)} ms`,
        )
      }
    }
  }
  return [table('GET', results), table('PUT', results)]
}

async function speedOf(server: string, signal: AbortSignal): Promise<Map<Method, Speed>> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-bench-kv-'))
  const node: BenchNode = { name: 'a', host: HOST, port: await freePort(HOST), folder }
  const candidate = await startBenchNode(node, { server, peers: [], signal })
  try {
    // A server that does nothing has no /health that says no.
    if (server === KV_REFERENCE) await waitUntilItServes(node)
    await fill(node)
    const speeds = new Map<Method, Speed>()
    for (const method of ['PUT', 'GET'] as const) {
      await load(node, method, WARM_UP_SECONDS)
      const before = cpuSecondsOf(candidate)
      const { count, seconds, latenciesMs } = await load(node, method, SECONDS)
      speeds.set(method, {
        perSecond: count / seconds,
        serverMicros: ((cpuSecondsOf(candidate) - before) * 1e6) / Math.max(1, count),
        p99Ms: latenciesMs.sort((a, b) => a - b)[Math.floor(latenciesMs.length * 0.99)] ?? NaN,
      })
    }
    return speeds
  } finally {
    await candidate.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Every key is there before any is read: an answer of 404 would cost less. */
async function fill({ host, port }: BenchNode): Promise<void> {
  const client = new KvClient({ host, port })
  for (let key = 0; key < KEYS; key++) await client.put(`key-${key}`, Buffer.alloc(VALUE_BYTES, 'v'))
  client.close()
}

async function load(
  { host, port }: BenchNode,
  method: Method,
  seconds: number,
): Promise<{ count: number; seconds: number; latenciesMs: number[] }> {
  const body = Buffer.alloc(VALUE_BYTES, 'v')
  const requests = Array.from({ length: KEYS }, (_, key): AutocannonRequest => ({
    method,
    path: `/kv/key-${key}`,
    ...(method === 'PUT' ? { body } : {}),
  }))
  const latenciesMs: number[] = []
  const result = await new Promise<{ non2xx: number; errors: number; duration: number }>((resolve, reject) => {
    autocannon({ url: `http://${host}:${port}`, connections: CONNECTIONS, duration: seconds, requests }, (error, ended) =>
      error === null ? resolve(ended) : reject(error),
    ).on('response', (_client: unknown, _status: number, _bytes: number, ms: number) => latenciesMs.push(ms))
  })
  if (result.non2xx + result.errors > 0)
    throw new Error(`Expected answers alone, got ${result.non2xx} refusals and ${result.errors} errors.`)
  return { count: latenciesMs.length, seconds: result.duration, latenciesMs }
}

function table(method: Method, results: ReadonlyMap<string, readonly Speed[]>): BenchTable {
  const of = (server: string): readonly Speed[] => results.get(`${method} ${server}`) ?? []
  const baseline = of(BARE)
  return {
    title: `Key-value store: ${method} of ${VALUE_BYTES} bytes, one node, ${CONNECTIONS} connections`,
    note: `Played by autocannon, closed model: a request is sent when the answer before it has come. Processor time tells what a request costs where the generator is the limit.`,
    rounds: baseline.length,
    headings: ['server', 'requests', 'against bare', 'server CPU a request', 'CPU, bare against it', 'p99'],
    rows: SERVERS.map(server => [
      server,
      formatSpread(spreadOf(of(server).map(one => one.perSecond)), formatRate),
      formatSpread(
        ratioSpread(
          of(server).map(one => one.perSecond),
          baseline.map(one => one.perSecond),
        ),
        formatRatio,
      ),
      formatSpread(spreadOf(of(server).map(one => one.serverMicros)), micros => `${micros.toFixed(1)} µs`),
      formatSpread(
        ratioSpread(
          baseline.map(one => one.serverMicros),
          of(server).map(one => one.serverMicros),
        ),
        formatRatio,
      ),
      formatSpread(spreadOf(of(server).map(one => one.p99Ms)), ms => `${ms.toFixed(1)} ms`),
    ]),
  }
}
