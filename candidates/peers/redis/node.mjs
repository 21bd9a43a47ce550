// One node: a redis-server of its own. The node whose name comes first is the primary; the others copy from it, answer reads themselves and hand
// writes on to it. There is no Sentinel: while the primary is down, nothing can be written.
import { mkdirSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect, createServer } from 'node:net'
import { openDoor, Unavailable } from './contract-door.mjs'
import { readSetting, startBeside } from './node-setting.mjs'
import { RedisConnection } from './redis-connection.mjs'
import { openTunnel, splice } from './tunnel.mjs'

const SOCKET = 'redis.sock'
const COPY = 'redis-copy'
/** A replica serves what it has saved when the primary has been away for so long since it started. */
const ALONE_AFTER_MS = 2000
const FORWARD_TIMEOUT_MS = 2000

const { name, host, port, folder, peers } = readSetting(process.env)
mkdirSync(folder, { recursive: true })
process.chdir(folder)
rmSync(SOCKET, { force: true })
const primary = peers.filter(peer => peer.name < name).sort((one, other) => (one.name < other.name ? -1 : 1))[0]
const redis = new RedisConnection(SOCKET)
const agent = new Agent({ keepAlive: true })
const startedMs = performance.now()
let hasServed = false

await openDoor({
  host,
  port,
  store: {
    isReady,
    get: async key => {
      await mustServe()
      return (await redis.ask('GET', key)) ?? undefined
    },
    set: async (key, value) => (primary === undefined ? await redis.ask('SET', key, value) : await forward('PUT', key, value)),
    delete: async key => (primary === undefined ? await redis.ask('DEL', key) : await forward('DELETE', key)),
  },
  upgrades: { [COPY]: socket => splice(socket, connect(SOCKET)) },
})
startBeside(
  'redis-server',
  [
    ...['--port', '0', '--unixsocket', SOCKET, '--dir', '.', '--appendonly', 'yes', '--save', '', '--daemonize', 'no', '--loglevel', 'warning', '--repl-diskless-sync-delay', '0'],
    ...(primary === undefined ? [] : ['--replicaof', '127.0.0.1', String(await listenForPrimary())]),
  ],
  'Expected redis-server to be installed. Debian: apt-get install redis-server.',
)

/** Redis copies over TCP only: it is given an address of ours, and what comes there goes to the primary's node. */
async function listenForPrimary() {
  const server = createServer(socket => {
    socket.on('error', () => socket.destroy())
    openTunnel(primary, COPY).then(
      tunnel => splice(socket, tunnel),
      () => socket.destroy(),
    )
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return server.address().port
}

/** A replica serves once it has copied from the primary, or has found that there is none to copy from. */
async function isReady() {
  if (hasServed) return true
  try {
    const about = String(await redis.ask('INFO', 'replication'))
    const isCopying = primary !== undefined && !about.includes('master_link_status:up')
    hasServed = !isCopying || (performance.now() - startedMs > ALONE_AFTER_MS && !about.includes('master_sync_in_progress:1'))
  } catch {
    return false
  }
  return hasServed
}

async function mustServe() {
  if (!(await isReady())) throw new Unavailable('This node copies from the primary.')
}

function forward(method, key, value) {
  return new Promise((resolve, reject) => {
    const path = `/kv/${encodeURIComponent(key.toString())}`
    const signal = AbortSignal.timeout(FORWARD_TIMEOUT_MS)
    const headers = value === undefined ? {} : { 'content-length': value.length }
    const asked = request({ host: primary.host, port: primary.port, path, method, headers, agent, signal }, response => {
      response.resume()
      response.on('error', giveUp)
      response.on('end', () => (response.statusCode === 204 ? resolve() : giveUp(new Error(`it says ${response.statusCode}`))))
    })
    const giveUp = error => reject(new Unavailable(`The primary does not take the write: ${error.message}`))
    asked.on('error', giveUp)
    asked.end(value)
  })
}
