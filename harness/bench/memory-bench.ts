/** What an idle connection weighs, on the server's side and on the generator's. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { BenchContext, BenchPart, BenchTable } from './bench-part.ts'
import { startBenchServer } from './bench-server.ts'
import { ASSAY_ROOT } from '../candidate/assay-package.ts'
import { formatSpread, spreadOf } from './spread.ts'

const CONNECTIONS = [0, 1000, 5000, 10_000, 15_000] as const
const SERVERS = ['reference/chat', 'candidates/peers/naive-ws']

interface Weighed {
  readonly connections: number
  readonly serverBytes: number
  readonly userBytes: number
}

export const memoryBench: BenchPart = {
  name: 'memory',
  about: 'memory of idle connections, 0 to 15,000',
  async run(context) {
    const tables: BenchTable[] = []
    for (const server of SERVERS) tables.push(await weigh(server, context))
    return tables
  },
}

async function weigh(path: string, context: BenchContext): Promise<BenchTable> {
  const weighed: Weighed[] = []
  for (let round = 0; round < Math.min(context.rounds, 3) && !context.isOver(); round++) {
    for (const connections of CONNECTIONS) {
      if (connections > 0) weighed.push(await weighOnce(path, connections, context.signal))
    }
    context.say(`memory: ${path}, round ${round + 1}`)
  }
  const of = (connections: number, pick: (one: Weighed) => number) =>
    spreadOf(weighed.filter(one => one.connections === connections).map(pick))
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`
  return {
    title: `Memory of idle connections: ${path}`,
    note: 'Growth of the resident set for each connection that has joined one channel and says nothing; of the server, and of the generator that plays the users.',
    headings: ['connections', 'server, a connection', 'generator, a user'],
    rows: CONNECTIONS.filter(connections => connections > 0).map(connections => [
      connections.toLocaleString('en-US'),
      formatSpread(
        of(connections, one => one.serverBytes),
        kilobytes,
      ),
      formatSpread(
        of(connections, one => one.userBytes),
        kilobytes,
      ),
    ]),
    curve: {
      x: 'connections',
      y: 'server memory, bytes a connection',
      points: CONNECTIONS.filter(n => n > 0).map(n => [n, of(n, one => one.serverBytes).median] as const),
    },
  }
}

async function weighOnce(path: string, connections: number, signal: AbortSignal): Promise<Weighed> {
  const server = await startBenchServer(ASSAY_ROOT, path, signal)
  try {
    const before = server.sample()?.rssBytes ?? NaN
    const users = spawn(process.execPath, ['--expose-gc', fileURLToPath(new URL('idle-users.js', import.meta.url))], {
      env: { ...process.env, PORT: String(server.port), USERS: String(connections) },
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: 60_000,
    })
    const line = await new Promise<string>((resolve, reject) => {
      users.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()))
      users.once('exit', code =>
        reject(new Error(`Expected ${connections} idle users to join ${path}, but their process ended with ${code}.`)),
      )
    })
    const { bytes } = JSON.parse(line) as { bytes: number }
    const after = server.sample()?.rssBytes ?? NaN
    users.removeAllListeners('exit')
    users.kill('SIGKILL')
    return { connections, serverBytes: (after - before) / connections, userBytes: bytes / connections }
  } finally {
    await server.stop()
  }
}
