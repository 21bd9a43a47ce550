/** What an idle connection weighs, on the server's side and on the generator's. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { hasRound, type BenchPart, type BenchTable } from './bench-part.ts'
import { startBenchServer } from './bench-server.ts'
import { ASSAY_ROOT } from '../candidate/assay-package.ts'
import { formatSpread, spreadOf } from './spread.ts'

const CONNECTIONS = [1000, 5000, 10_000, 15_000] as const
const SERVERS = ['reference/chat', 'candidates/peers/naive-ws'] as const
const MAX_ROUNDS = 3

interface Weighed {
  readonly path: string
  readonly connections: number
  readonly serverBytes: number
  readonly userBytes: number
}

export const memoryBench: BenchPart = {
  name: 'memory',
  about: 'memory of idle connections, 1,000 to 15,000',
  async run(context) {
    const weighed: Weighed[] = []
    for (let round = 0; hasRound(context, round, MAX_ROUNDS); round++) {
      for (const connections of CONNECTIONS) {
        for (const path of SERVERS) weighed.push(await weighOnce(path, connections, context.signal))
      }
      context.say(`memory, round ${round + 1}`)
    }
    return SERVERS.map(path =>
      tableOf(
        path,
        weighed.filter(one => one.path === path),
      ),
    )
  },
}

function tableOf(path: string, weighed: readonly Weighed[]): BenchTable {
  const spreads = CONNECTIONS.map(connections => {
    const those = weighed.filter(one => one.connections === connections)
    return {
      connections,
      server: spreadOf(those.map(({ serverBytes }) => serverBytes)),
      user: spreadOf(those.map(({ userBytes }) => userBytes)),
    }
  })
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`
  return {
    title: `Memory of idle connections: ${path}`,
    note: 'Growth of the resident set for each connection that has joined one channel and says nothing; of the server, and of the generator that plays the users.',
    rounds: spreads[0]?.server.rounds ?? 0,
    headings: ['connections', 'server, a connection', 'generator, a user'],
    rows: spreads.map(({ connections, server, user }) => [
      connections.toLocaleString('en-US'),
      formatSpread(server, kilobytes),
      formatSpread(user, kilobytes),
    ]),
    curve: {
      x: 'connections',
      y: 'server memory, bytes a connection',
      points: spreads.map(({ connections, server }) => [connections, server.median] as const),
    },
  }
}

/** Users of one weighing are called from addresses that the one before did not use: its ports are not free again for a minute. */
let weighings = 0
const NETWORKS = 250

async function weighOnce(path: string, connections: number, signal: AbortSignal): Promise<Weighed> {
  const server = await startBenchServer(ASSAY_ROOT, path, signal)
  try {
    const before = server.sample()?.rssBytes ?? NaN
    const users = spawn(process.execPath, ['--expose-gc', fileURLToPath(new URL('idle-users.js', import.meta.url))], {
      env: { ...process.env, PORT: String(server.port), USERS: String(connections), NETWORK: String(1 + (weighings++ % NETWORKS)) },
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
    return { path, connections, serverBytes: (after - before) / connections, userBytes: bytes / connections }
  } finally {
    await server.stop()
  }
}
