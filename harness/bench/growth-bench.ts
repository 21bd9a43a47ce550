/** Does cost stay what it is as things grow? A delivery in rooms of 10 to 10,000, a join among 10 to 100,000 channels. */
import { ChatSocket } from '../wire/chat-socket.ts'
import { joinText } from '../wire/chat-encoder.ts'
import { createReadArea } from '../wire/read-area.ts'
import { playScenario } from '../load/play-scenario.ts'
import { measureRun } from '../load/measured-run.ts'
import { scenarioSchema } from '../scenario/scenario.ts'
import { inShares, hasRound, type BenchContext, type BenchPart, type BenchTable } from './bench-part.ts'
import { cpuSecondsOf, startBenchServer } from './bench-server.ts'
import { ASSAY_ROOT } from '../candidate/assay-package.ts'
import { formatSpread, spreadOf } from './spread.ts'

const SERVER = 'reference/chat'
const ROOMS = [10, 100, 1000, 10_000] as const
const CHANNELS = [10, 100, 1000, 10_000, 100_000] as const
const DELIVERIES_PER_SECOND = 100_000
const JOINS_MEASURED = 4000
const CHANNELS_PER_JOIN = 1000

export const growthBench: BenchPart = {
  name: 'growth',
  about: 'cost of a delivery and of a join as rooms and channels grow',
  async run(context) {
    const tables: BenchTable[] = []
    for (const [grow, share] of inShares(context, [growDeliveries, growJoins])) tables.push(await grow(share))
    return tables
  },
}

async function growDeliveries(context: BenchContext): Promise<BenchTable> {
  const micros = new Map<number, number[]>(ROOMS.map(members => [members, []]))
  for (let round = 0; hasRound(context, round); round++) {
    for (const members of ROOMS) {
      const cost = await costOfDelivery(members, context.signal)
      micros.get(members)?.push(cost)
      context.say(`a delivery in a room of ${members}: ${cost.toFixed(2)} µs`)
    }
  }
  return tableOf(
    'Cost of a delivery',
    `One room, ${DELIVERIES_PER_SECOND.toLocaleString('en-US')} deliveries a second; processor time of the server.`,
    'members',
    micros,
  )
}

async function costOfDelivery(members: number, signal: AbortSignal): Promise<number> {
  const server = await startBenchServer(ASSAY_ROOT, SERVER, signal)
  try {
    const scenario = scenarioSchema.parse({
      name: 'growth',
      users: members,
      channels: 1,
      membership: { kind: 'all' },
      arrival: { model: 'open', ratePerSecond: DELIVERIES_PER_SECOND / members },
      senders: Math.min(1, 10 / members),
      body: { bytes: 100 },
      phases: [{ name: 'hold', kind: 'hold', seconds: 3 }],
    })
    let start = NaN
    let end = NaN
    const played = await playScenario({
      scenario,
      seed: 1,
      address: { transport: 'ws', host: server.host, port: server.port },
      workers: 1,
      signal,
      sampleServer: () => server.sample(),
      serverExit: () => null,
      onProgress: ({ stage }) => {
        if (stage === 'playing' && Number.isNaN(start)) start = cpuSecondsOf(server)
        if (stage === 'draining' && Number.isNaN(end)) end = cpuSecondsOf(server)
      },
    })
    return ((end - start) * 1e6) / Math.max(1, measureRun(played, scenario.slaMs).summary.deliveries)
  } finally {
    await server.stop()
  }
}

async function growJoins(context: BenchContext): Promise<BenchTable> {
  const micros = new Map<number, number[]>(CHANNELS.map(channels => [channels, []]))
  for (let round = 0; hasRound(context, round); round++) {
    for (const channels of CHANNELS) {
      const cost = await costOfJoin(channels, context.signal)
      micros.get(channels)?.push(cost)
      context.say(`a join among ${channels} channels: ${cost.toFixed(2)} µs`)
    }
  }
  return tableOf(
    'Cost of a join',
    'Requests to join one channel each, spread over the channels there are; processor time of the server.',
    'channels',
    micros,
  )
}

async function costOfJoin(channels: number, signal: AbortSignal): Promise<number> {
  const server = await startBenchServer(ASSAY_ROOT, SERVER, signal)
  const address = { transport: 'ws' as const, host: server.host, port: server.port }
  const holder = await openJoiner(address)
  const joiner = await openJoiner(address)
  try {
    for (let first = 0; first < channels; first += CHANNELS_PER_JOIN) {
      await holder.join([names(first, Math.min(channels, first + CHANNELS_PER_JOIN))])
    }
    const each = (): string[][] => Array.from({ length: JOINS_MEASURED }, (_, i) => [`g${(i * 7919) % channels}`])
    await joiner.join(each())
    const start = cpuSecondsOf(server)
    const fresh = await openJoiner(address)
    await fresh.join(each())
    const cost = ((cpuSecondsOf(server) - start) * 1e6) / JOINS_MEASURED
    fresh.close()
    return cost
  } finally {
    holder.close()
    joiner.close()
    await server.stop()
  }
}

interface Joiner {
  /** Sends joins, a few hundred under way at a time, and waits until all are acknowledged. */
  join(requests: readonly (readonly string[])[]): Promise<void>
  close(): void
}

const MAX_JOINS_UNDER_WAY = 200

async function openJoiner(address: { transport: 'ws'; host: string; port: number }): Promise<Joiner> {
  let acknowledged = 0
  let onAcknowledged = (): void => undefined
  let open: () => void = () => undefined
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  const socket = new ChatSocket(address, createReadArea(64 * 1024), {
    opened: () => open(),
    bytesRead: () => undefined,
    known: (_bytes, start) => start,
    message: (bytes, start, end) => {
      acknowledged += bytes.toString('latin1', start, end).split('"joined"').length - 1
      onAcknowledged()
    },
    garbled: () => undefined,
    closed: () => undefined,
  })
  await opened
  return {
    async join(requests) {
      const before = acknowledged
      let sent = 0
      await new Promise<void>(resolve => {
        onAcknowledged = () => {
          const done = acknowledged - before
          while (sent < requests.length && sent - done < MAX_JOINS_UNDER_WAY) socket.send(joinText(sent, requests[sent++] ?? []))
          if (done === requests.length) resolve()
        }
        onAcknowledged()
      })
    },
    close: () => socket.destroy(),
  }
}

function names(first: number, end: number): string[] {
  return Array.from({ length: end - first }, (_, i) => `g${first + i}`)
}

function tableOf(title: string, note: string, what: string, micros: ReadonlyMap<number, readonly number[]>): BenchTable {
  const spreads = [...micros].map(([size, values]) => [size, spreadOf(values)] as const)
  return {
    title,
    note,
    rounds: spreads[0]?.[1].rounds ?? 0,
    headings: [what, 'µs'],
    rows: spreads.map(([size, spread]) => [size.toLocaleString('en-US'), formatSpread(spread, value => value.toFixed(2))]),
    curve: { x: what, y: 'µs of processor time', points: spreads.map(([size, spread]) => [size, spread.median] as const) },
  }
}
