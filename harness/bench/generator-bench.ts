/** The receiving side of the load engine beside a plain `ws` client, from the same source, in turn. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ASSAY_ROOT } from '../candidate/assay-package.ts'
import { freePort } from '../candidate/wait-until-listening.ts'
import { inShares, hasRound, type BenchContext, type BenchPart, type BenchTable } from './bench-part.ts'
import { channelName } from './broadcast-plan.ts'
import { GENERATOR_CORE, pinnedCommand, SERVER_CORE } from './pinning.ts'
import { formatRate, formatRatio, formatSpread, ratioSpread, spreadOf } from './spread.ts'

const KINDS = ['assay', 'frames', 'ws', 'artillery'] as const
type Kind = (typeof KINDS)[number]
const KIND_NAMES: Record<Kind, string> = {
  assay: 'Assay, every delivery accounted for',
  frames: 'Assay, frames counted only',
  ws: '`ws` client with JSON.parse',
  artillery: 'Artillery 2.0.21, its WebSocket engine with a hook',
}

const ARTILLERY = join(ASSAY_ROOT, 'candidates', 'peers', 'artillery')
const ARTILLERY_PROGRAM = join(ARTILLERY, 'node_modules', 'artillery', 'bin', 'run')

interface Load {
  readonly title: string
  readonly connections: number
  readonly messages: number
  readonly framesPerWrite: number
  /** Writes a second to each connection; 0: as fast as they are taken. */
  readonly rate: number
}

const LOADS: readonly Load[] = [
  { title: '16 messages a read', connections: 1000, messages: 4800, framesPerWrite: 16, rate: 130 },
  { title: 'as fast as they come', connections: 100, messages: 40_000, framesPerWrite: 16, rate: 0 },
  { title: '50,000 messages a second, one a read', connections: 100, messages: 4000, framesPerWrite: 1, rate: 500 },
]

interface Received {
  readonly received: number
  readonly expected: number
  /** Of those, after the warm-up. */
  readonly measured: number
  readonly reads: number
  readonly wallMs: number
  readonly cpuMs: number
  readonly problem: string
}

const RECEIVE_TIMEOUT_MS = 70_000

export const generatorBench: BenchPart = {
  name: 'generator',
  about: 'messages that a core receives, times and accounts for',
  weight: 3,
  async run(context) {
    const tables: BenchTable[] = []
    for (const [load, share] of inShares(context, LOADS)) tables.push(await compareReceivers(load, share))
    return tables
  },
}

async function compareReceivers(load: Load, context: BenchContext): Promise<BenchTable> {
  const kinds = KINDS.filter(kind => kind !== 'artillery' || existsSync(ARTILLERY_PROGRAM))
  const results = new Map<Kind, Received[]>(kinds.map(kind => [kind, []]))
  for (let round = 0; hasRound(context, round); round++) {
    for (const kind of kinds) {
      const received = await receive(kind, load)
      results.get(kind)?.push(received)
      context.say(`${load.title}: ${KIND_NAMES[kind]}, ${formatRate(perCpuSecond(received))} and core`)
    }
  }
  const ofWs = (results.get('ws') ?? []).map(perCpuSecond)
  return {
    title: `Generator: ${load.title}`,
    note: `${load.connections} connections, 100-byte bodies. Messages for each second of processor time of the receiving process; all of them arrived, and Assay's ledger showed each at each user.${kinds.includes('artillery') ? '' : ` Artillery is not installed: npm install --ignore-scripts in candidates/peers/artillery adds it.`}`,
    rounds: ofWs.length,
    headings: ['receiver', 'messages a CPU second', 'against ws', 'messages a read'],
    rows: kinds.map(kind => {
      const rounds = results.get(kind) ?? []
      const rates = rounds.map(perCpuSecond)
      const perRead = spreadOf(rounds.map(({ measured, reads }) => (reads === 0 ? NaN : measured / reads)))
      return [
        KIND_NAMES[kind],
        formatSpread(spreadOf(rates), formatRate),
        kind === 'ws' ? '' : formatSpread(ratioSpread(rates, ofWs), formatRatio),
        Number.isNaN(perRead.median) ? '' : perRead.median.toFixed(1),
      ]
    }),
  }
}

function perCpuSecond({ measured, cpuMs }: Received): number {
  return (measured * 1000) / Math.max(0.001, cpuMs)
}

async function receive(kind: Kind, load: Load): Promise<Received> {
  const env = {
    ...process.env,
    PORT: String(await freePort('127.0.0.1')),
    CONNECTIONS: String(load.connections),
    MESSAGES: String(load.messages),
    FRAMES: String(load.framesPerWrite),
    RATE: String(load.rate),
    KIND: kind,
    CHANNEL: channelName,
    WORKERS: '1',
    ARTILLERY_DISABLE_TELEMETRY: 'true',
  }
  const source = start(SERVER_CORE, [scriptPath('receive-source.js')], env)
  try {
    await new Promise(resolve => setTimeout(resolve, 700))
    const args = kind === 'artillery' ? [ARTILLERY_PROGRAM, 'run', join(ARTILLERY, 'script.yml')] : [scriptPath('receiver.js')]
    const received = receivedIn(await outputOf(start(GENERATOR_CORE, args, env)))
    if (received.problem !== '' || received.received !== received.expected) {
      throw new Error(
        `Expected ${received.expected} messages, got ${received.received}: ${received.problem}. This is a bug in Assay's benchmark.`,
      )
    }
    return received
  } finally {
    source.kill('SIGKILL')
  }
}

/** What a receiver printed: one line of JSON, which Artillery's hook marks among its reports. */
function receivedIn(output: string): Received {
  const line = output.split('RECEIVED ').at(-1) ?? ''
  try {
    return JSON.parse(line) as Received
  } catch {
    throw new Error(`Expected a receiver to print what it counted, got ${JSON.stringify(output.slice(-300))}.`)
  }
}

function scriptPath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

function start(core: number, program: readonly string[], env: NodeJS.ProcessEnv) {
  const [command = process.execPath, ...args] = pinnedCommand(core, [process.execPath, ...program])
  return spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'], timeout: RECEIVE_TIMEOUT_MS })
}

async function outputOf(child: ReturnType<typeof start>): Promise<string> {
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await new Promise(resolve => child.once('close', resolve))
  return output
}
