/** What a load tool's correction for coordinated omission does to a server whose every answer takes 100 ms, beside our own pacer. */
import { createServer } from 'node:http'
import autocannon from 'autocannon'
import { measureKvRun } from '../load/measured-kv-run.ts'
import { playKv } from '../load/play-kv.ts'
import { kvScenarioSchema } from '../scenario/kv-scenario.ts'
import { hasRound, type BenchContext, type BenchTable } from './bench-part.ts'
import { formatSpread, spreadOf } from './spread.ts'

const ANSWER_MS = 100
const RATE_PER_SECOND = 200
const SECONDS = 4
const CONNECTIONS = 50
const MAX_ROUNDS = 3
const HOST = '127.0.0.1'

interface Latency {
  readonly p50: number
  readonly p99: number
}

export async function measureOmission(context: BenchContext): Promise<BenchTable> {
  const server = createServer((_, response) => void setTimeout(() => response.end('ok'), ANSWER_MS))
  await new Promise<void>(resolve => server.listen(0, HOST, resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const ways: readonly (readonly [name: string, measure: () => Promise<Latency>])[] = [
    [`autocannon, overallRate ${RATE_PER_SECOND}`, async () => await byAutocannon(port, false)],
    [`autocannon, the same with ignoreCoordinatedOmission`, async () => await byAutocannon(port, true)],
    [`Assay's pacer, ${RATE_PER_SECOND} a second, from due to answered`, async () => await byPacer(port, context.signal)],
  ]
  const results = new Map<string, Latency[]>(ways.map(([name]) => [name, []]))
  for (let round = 0; hasRound(context, round, MAX_ROUNDS); round++) {
    for (const [name, measure] of ways) {
      const latency = await measure()
      results.get(name)?.push(latency)
      context.say(`${name}: p50 ${latency.p50.toFixed(1)} ms`)
    }
  }
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  const ms = (value: number): string => `${value.toFixed(1)} ms`
  return {
    title: `A server that always takes ${ANSWER_MS} ms, asked ${RATE_PER_SECOND} times a second`,
    note: 'No answer can come sooner than that; a smaller p50 is an error of the tool.',
    rounds: results.get(ways[0]?.[0] ?? '')?.length ?? 0,
    headings: ['measured by', 'p50', 'p99'],
    rows: ways.map(([name]) => [
      name,
      formatSpread(spreadOf((results.get(name) ?? []).map(({ p50 }) => p50)), ms),
      formatSpread(spreadOf((results.get(name) ?? []).map(({ p99 }) => p99)), ms),
    ]),
  }
}

async function byAutocannon(port: number, ignoreCoordinatedOmission: boolean): Promise<Latency> {
  return await new Promise<Latency>((resolve, reject) => {
    const url = `http://${HOST}:${port}`
    autocannon(
      { url, connections: CONNECTIONS, duration: SECONDS, overallRate: RATE_PER_SECOND, ignoreCoordinatedOmission },
      (error, { latency }) => (error === null ? resolve(latency) : reject(error)),
    )
  })
}

async function byPacer(port: number, signal: AbortSignal): Promise<Latency> {
  const scenario = kvScenarioSchema.parse({
    name: 'omission',
    exercise: 'kv',
    nodes: 1,
    mix: { get: 1, set: 0, delete: 0 },
    arrival: { model: 'open', process: 'constant', ratePerSecond: RATE_PER_SECOND },
    phases: [
      { name: 'hold', kind: 'hold', seconds: SECONDS },
      { name: 'drain', kind: 'drain', seconds: 1 },
    ],
  })
  const played = await playKv({
    scenario,
    seed: 1,
    nodes: [{ name: 'a', host: HOST, port }],
    signal,
    sampleServer: () => null,
    serverExit: () => null,
    inflict: async () => await Promise.resolve(null),
    onProgress: () => undefined,
  })
  return measureKvRun(played, scenario.slaMs).summary.completionMs
}
