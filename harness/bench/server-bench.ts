/** The reference server beside its peers: as many messages as they carry with a set number outstanding, and what a delivery costs. */
import { playScenario, type ServerUsage } from '../load/play-scenario.ts'
import { measureRun } from '../load/measured-run.ts'
import { scenarioSchema } from '../scenario/scenario.ts'
import { inShares, hasRound, type BenchContext, type BenchPart, type BenchTable } from './bench-part.ts'
import { cpuSecondsOf, startBenchServer } from './bench-server.ts'
import { ASSAY_ROOT } from '../candidate/assay-package.ts'
import { GENERATOR_CORE, pinToCore } from './pinning.ts'
import { formatRate, formatRatio, formatSpread, ratioSpread, spreadOf } from './spread.ts'

const BASELINE = 'candidates/peers/naive-ws'
const SERVERS = ['reference/chat', BASELINE, 'candidates/peers/shared-frame', 'candidates/peers/uwebsockets', 'candidates/peers/go-gorilla']

interface Shape {
  readonly title: string
  readonly users: number
  readonly channels: number
  readonly channelsPerUser: number
  readonly outstanding: number
}

const SHAPES: readonly Shape[] = [
  { title: 'one room of 1,000, 28 outstanding', users: 1000, channels: 1, channelsPerUser: 1, outstanding: 28 },
  { title: '100 rooms of 10, 1,000 outstanding', users: 1000, channels: 100, channelsPerUser: 1, outstanding: 1000 },
  { title: '100 rooms of 10, 28 outstanding', users: 1000, channels: 100, channelsPerUser: 1, outstanding: 28 },
  { title: 'mesh, 200 users in 20 channels, 28 outstanding', users: 200, channels: 20, channelsPerUser: 20, outstanding: 28 },
]

interface Carried {
  readonly deliveriesPerSecond: number
  readonly serverMicrosPerDelivery: number
  readonly generatorCpu: number | null
}

export const serverBench: BenchPart = {
  name: 'server',
  about: 'the reference server beside its peers, closed loop',
  weight: 6,
  async run(context) {
    pinToCore(process.pid, GENERATOR_CORE)
    const tables: BenchTable[] = []
    for (const [shape, share] of inShares(context, SHAPES)) tables.push(await compareServers(shape, share))
    return tables
  },
}

async function compareServers(shape: Shape, context: BenchContext): Promise<BenchTable> {
  const results = new Map<string, Carried[]>(SERVERS.map(server => [server, []]))
  const missing = new Map<string, string>()
  for (let round = 0; hasRound(context, round); round++) {
    for (const server of SERVERS) {
      if (missing.has(server)) continue
      try {
        const carried = await carry(server, shape, context.signal)
        results.get(server)?.push(carried)
        context.say(
          `${shape.title}: ${server} ${formatRate(carried.deliveriesPerSecond)}, ${carried.serverMicrosPerDelivery.toFixed(2)} µs a delivery`,
        )
      } catch (error) {
        missing.set(server, error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
        context.say(`${server} is left out: ${missing.get(server)}`)
      }
    }
  }
  const baseline = (results.get(BASELINE) ?? []).map(one => one.deliveriesPerSecond)
  const isGeneratorBound = (server: string): boolean => (results.get(server) ?? []).some(one => (one.generatorCpu ?? 0) > 0.9)
  return {
    title: `Server: ${shape.title}`,
    note: 'Closed loop: a sender sends again 1 ms after its own copy. Where the generator itself was busy for more than 90 % (marked *), the server could have carried more.',
    rounds: baseline.length,
    headings: ['server', 'deliveries', 'against naive ws', 'server CPU a delivery'],
    rows: SERVERS.filter(server => !missing.has(server)).map(server => {
      const rounds = results.get(server) ?? []
      const rates = rounds.map(one => one.deliveriesPerSecond)
      return [
        `${server}${isGeneratorBound(server) ? ' *' : ''}`,
        formatSpread(spreadOf(rates), formatRate),
        formatSpread(ratioSpread(rates, baseline), formatRatio),
        formatSpread(spreadOf(rounds.map(one => one.serverMicrosPerDelivery)), micros => `${micros.toFixed(2)} µs`),
      ]
    }),
  }
}

async function carry(path: string, shape: Shape, signal: AbortSignal): Promise<Carried> {
  const server = await startBenchServer(ASSAY_ROOT, path, signal)
  try {
    let cpuAtStart = NaN
    let cpuAtEnd = NaN
    const scenario = scenarioOf(shape)
    const played = await playScenario({
      scenario,
      seed: 1,
      address: { transport: 'ws', host: server.host, port: server.port },
      workers: 1,
      signal,
      sampleServer: (): ServerUsage | null => server.sample(),
      serverExit: () => server.hasExited()?.explanation ?? null,
      onProgress: ({ stage }) => {
        if (stage === 'playing' && Number.isNaN(cpuAtStart)) cpuAtStart = cpuSecondsOf(server)
        if (stage === 'draining' && Number.isNaN(cpuAtEnd)) cpuAtEnd = cpuSecondsOf(server)
      },
    })
    const { summary, timeline } = measureRun(played, scenario.slaMs)
    if (played.status !== 'finished') throw new Error(played.statusText)
    const whole = timeline.rows.slice(1)
    const deliveries = whole.reduce((sum, row) => sum + row.deliveries, 0)
    return {
      deliveriesPerSecond: (deliveries * 1000) / (whole.length * timeline.intervalMs),
      serverMicrosPerDelivery: ((cpuAtEnd - cpuAtStart) * 1e6) / Math.max(1, summary.deliveries),
      generatorCpu: summary.generator.cpu,
    }
  } finally {
    await server.stop()
  }
}

function scenarioOf({ title, users, channels, channelsPerUser, outstanding }: Shape) {
  return scenarioSchema.parse({
    name: title,
    users,
    channels,
    membership: { kind: 'fixed', channelsPerUser },
    arrival: { model: 'closed', thinkTimeMs: 1, outstandingPerUser: 1 },
    senders: Math.min(1, outstanding / users),
    body: { bytes: 100 },
    phases: [
      { name: 'warm-up', kind: 'warm-up', seconds: 1 },
      { name: 'hold', kind: 'hold', seconds: 2 },
    ],
  })
}
