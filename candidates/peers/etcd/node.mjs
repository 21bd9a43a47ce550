// One node: an etcd-server of its own, its peers reached at the addresses in PEERS and nowhere else.
//
// etcd knows every member by one address, the same on all nodes, while PEERS may name another for each pair of nodes. So members are known by
// the names of Unix sockets in the folder that each etcd runs in: its own, on which it listens, and one for each other member, on which this
// process listens and tunnels to that member's node.
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDoor } from './contract-door.mjs'
import { EtcdStore } from './etcd-store.mjs'
import { fail, readSetting, startBeside } from './node-setting.mjs'
import { openTunnel, splice } from './tunnel.mjs'

const CLIENTS = 'clients:1'
const PEER = 'etcd-peer'
/** From a node whose peers do not know it: they reach it over connections that it made. */
const REVERSE = 'etcd-peer-reverse'
const JOIN = 'etcd-join'
const SPARE_REVERSE = 4
const RETRY_MS = 200
const JOIN_TRIES = 100

const { name, host, port, folder, peers } = readSetting(process.env)
mkdirSync(folder, { recursive: true })
process.chdir(folder)
// etcd complains where others may look in.
chmodSync('.', 0o700)
const store = new EtcdStore(CLIENTS)
const waiting = new Map()
await openDoor({
  host,
  port,
  store,
  upgrades: { [PEER]: toOwnEtcd, [REVERSE]: keepReverse, [JOIN]: (socket, headers) => void admit(socket, headers) },
})
for (const peer of peers) listenFor(peer.name, () => openTunnel(peer, PEER))

const hasJoined = existsSync('joined')
// A member that was not there from the beginning may have been removed while it was away.
const members = existsSync('member') && !hasJoined ? undefined : await join()
if (members !== undefined) rmSync('member', { recursive: true, force: true })
if (hasJoined || members !== undefined) for (const peer of peers) void offerReverse(peer)
startEtcd(members)
setInterval(() => void store.compact(), 2000).unref()

function startEtcd(joined) {
  const all = joined ?? [name, ...peers.map(peer => peer.name)]
  const own = socketUrl(name)
  for (const socket of [socketName(name), CLIENTS]) rmSync(socket, { force: true })
  startBeside(
    'etcd',
    [
      ...['--name', name, '--data-dir', '.', '--log-level', 'error', '--logger', 'zap'],
      ...['--listen-peer-urls', own, '--initial-advertise-peer-urls', own],
      ...['--listen-client-urls', `unix://${CLIENTS}`, '--advertise-client-urls', `unix://${CLIENTS}`],
      ...['--initial-cluster', all.map(member => `${member}=${socketUrl(member)}`).join(',')],
      ...['--initial-cluster-state', joined === undefined ? 'new' : 'existing'],
      // Else a member is taken in only after all others have been up for 5 s.
      ...['--strict-reconfig-check=false'],
      // Old entries are kept for members that lag; with large values the default of 100,000 would be gigabytes.
      ...['--snapshot-count', '2000'],
    ],
    'Expected etcd to be installed. Debian: apt-get install etcd-server.',
  )
}

/**
 * Asks the others whether they have a cluster that this node is not in; then it becomes a member, and this gives all members. Where none has, or it
 * is in it already, it starts with the rest.
 */
async function join() {
  for (let tries = 0; tries < JOIN_TRIES; tries++) {
    let isAnyThere = false
    for (const peer of peers) {
      const answer = await askToJoin(peer)
      if (answer === 'member') return undefined
      if (Array.isArray(answer)) {
        writeFileSync('joined', '')
        return answer
      }
      if (answer === 'later') isAnyThere = true
    }
    if (!isAnyThere) return undefined
    await sleep(RETRY_MS)
  }
  return fail('Expected the cluster to take this node as a member; it did not.')
}

async function askToJoin(peer) {
  try {
    const socket = await openTunnel(peer, JOIN, { 'x-node': name, 'x-empty': existsSync('member') ? 'no' : 'yes' })
    let text = ''
    for await (const part of socket) text += part
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The other side of `askToJoin`. */
async function admit(socket, headers) {
  const newcomer = String(headers['x-node'] ?? '')
  const answer = await answerJoin(newcomer, headers['x-empty'] === 'yes').catch(() => 'later')
  if (Array.isArray(answer)) listenFor(newcomer, takeReverse(newcomer))
  socket.end(JSON.stringify(answer))
}

async function answerJoin(newcomer, isEmpty) {
  // Whoever is in our own list starts the cluster together with us.
  if (newcomer === name || peers.some(peer => peer.name === newcomer)) return 'member'
  if (!existsSync('member')) return 'later'
  const before = (await store.members()).find(({ peerURLs }) => peerURLs.includes(socketUrl(newcomer)))
  if (before !== undefined && !isEmpty) return 'member'
  if (before !== undefined) await store.removeMember(before.ID)
  await removeGone(newcomer)
  await store.addMember(socketUrl(newcomer))
  return (await store.members()).map(nameOf)
}

/** Members that came later and have gone again would count towards a majority for ever. */
async function removeGone(newcomer) {
  const known = [name, newcomer, ...peers.map(peer => peer.name)]
  const isAway = member => !waiting.get(nameOf(member))?.some(socket => !socket.destroyed)
  const away = (await store.members()).filter(member => !known.includes(nameOf(member)) && isAway(member))
  await sleep(2 * RETRY_MS)
  for (const member of away.filter(isAway)) await store.removeMember(member.ID)
}

function nameOf({ peerURLs }) {
  return peerURLs[0].slice('unix://'.length, -':1'.length)
}

/** Takes what our etcd sends to a member, and hands it on over the tunnel that `open` gives. */
function listenFor(member, open) {
  const path = socketName(member)
  rmSync(path, { force: true })
  createServer(socket => {
    socket.on('error', () => socket.destroy())
    open().then(
      tunnel => splice(socket, tunnel),
      () => socket.destroy(),
    )
  })
    .on('error', () => undefined)
    .listen(path)
}

function toOwnEtcd(socket) {
  splice(socket, connect(socketName(name)))
}

/** Keeps some connections to a peer that does not know us, over which its etcd reaches ours. */
async function offerReverse(peer) {
  let spare = 0
  for (;;) {
    try {
      while (spare < SPARE_REVERSE) {
        const socket = await openTunnel(peer, REVERSE, { 'x-node': name })
        spare += 1
        socket.once('readable', () => toOwnEtcd(socket))
        const used = () => (spare -= 1)
        socket.once('readable', used)
        socket.once('close', () => socket.readableDidRead || used())
      }
    } catch {
      // It is away; it is tried again below.
    }
    await sleep(RETRY_MS)
  }
}

function keepReverse(socket, headers) {
  const from = String(headers['x-node'] ?? '')
  if (!/^[\w-]{1,40}$/.test(from)) return void socket.destroy()
  const kept = waiting.get(from)
  if (kept === undefined) listenFor(from, takeReverse(from))
  waiting.set(from, [...(kept ?? []).filter(one => !one.destroyed).slice(-SPARE_REVERSE), socket])
}

function takeReverse(member) {
  return async () => {
    for (let tries = 0; tries < 10; tries++) {
      const socket = waiting.get(member)?.find(one => !one.destroyed)
      if (socket !== undefined) {
        waiting.set(
          member,
          waiting.get(member).filter(one => one !== socket),
        )
        return socket
      }
      await sleep(RETRY_MS)
    }
    throw new Error(`${member} is away`)
  }
}

function socketName(member) {
  return `${member}:1`
}

function socketUrl(member) {
  return `unix://${socketName(member)}`
}
