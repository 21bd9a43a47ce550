import type { CheckFinding } from '../../check.ts'
import { failure } from '../../late-finding.ts'
import type { KvCluster } from '../cluster.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'
import type { KvNode } from '../kv-node.ts'
import { watchLag, type LagWatch } from '../lag-watch.ts'
import { RoundRobin, type Request } from '../round-robin.ts'
import { SteadyKeys } from '../steady-keys.ts'

const CLIENTS = 4
/**
 * A node that hangs costs a client so much, twice at most in a round of three: as long as a try may last. It lasts longer where nodes take their
 * time over answers with no fault at all, as one does that saves the writes of a second together.
 */
const LEAST_TRY_MS = 700
const MOST_TRY_MS = 2500
const TRY_FACTOR = 3
/** By the contract; then two tries of nodes that hang may come between, and the answer. */
const WITHIN_MS = 5000
const HANGING_TRIES = 2
const LEAST_ANSWER_MS = 100
const LEAST_TRIES = 3
/** Before any fault: so much each client is served at least, unless it takes too long, and so long a try may last. */
const CALM_REQUESTS = 3
const MOST_CALM_MS = 10_000
const CALM_TRY_MS = 5000
/** So long a fault lasts at least, and so long it is quiet at least before the next. */
const FAULT_MS = 2500
const CALM_MS = 1000
const LOOK_EVERY_MS = 50

type Fault = 'killed' | 'paused' | 'restarted'

export const failover: KvCheck = {
  id: 'k5.failover',
  stage: '5',
  title: 'A client that tries the next node on an error is served within 5 s while a node is killed, paused or restarted.',
  provokes:
    'Four clients go round the nodes, which all have the same port at addresses of their own, without a pause; each node in turn is killed, paused by SIGSTOP, and restarted by SIGTERM. Meanwhile keys that were written long before are read from each node.',
  needs: [],
  budgetMs: 240_000,
  async run(context) {
    const cluster = await context.cluster({ hasOnePort: true })
    const usual = await findUsual(context, cluster)
    if ('outcome' in usual) return usual
    const steady = await SteadyKeys.begin(context, cluster.nodes)
    const clients = startClients(context, cluster, usual.tryMs)
    let longestMs = 0
    try {
      await context.patience.pause(CALM_MS)
      for (const fault of ['killed', 'paused', 'restarted'] as const) {
        for (const node of context.quick ? cluster.nodes.slice(0, 1) : cluster.nodes) {
          context.progress(`node ${node.name} is ${fault}`)
          const lag = watchLag(context.nowMs)
          const waited = await playFault(context, { cluster, clients, usual, node, fault, lag }).finally(() => lag.end())
          if (typeof waited !== 'number') return waited
          const wrong = steady.wrong()
          if (wrong !== null) return wrong
          longestMs = Math.max(longestMs, waited)
        }
      }
    } finally {
      await Promise.all([steady.stop(), ...clients.map(async client => await client.stop())])
    }
    const requests = clients.reduce((sum, client) => sum + client.requests.length, 0)
    const text = `${requests} requests were served, the slowest after ${Math.round(longestMs)} ms, while nodes were killed, paused and restarted.`
    return { outcome: 'pass', reason: text, figures: { longestWaitMs: longestMs, requests, tryMs: usual.tryMs } }
  },
}

function startClients(context: KvCheckContext, cluster: KvCluster, tryMs: number): RoundRobin[] {
  return Array.from({ length: CLIENTS }, (_, at) => {
    const users = cluster.nodes.map(node => context.user(node, { name: `client ${at} to ${node.name}` }))
    return new RoundRobin(context, { users, key: context.freshKey('failover'), name: `${at}`, tryMs })
  })
}

interface Usual {
  /** How long the clients wait for a node. */
  readonly tryMs: number
  /** The longest that an answer took. */
  readonly answerMs: number
}

/** How long a try may last, by what answers take while nothing is wrong; or why that cannot be told. */
async function findUsual(context: KvCheckContext, cluster: KvCluster): Promise<CheckFinding | Usual> {
  context.progress('no node is away yet')
  const startMs = context.nowMs()
  const clients = startClients(context, cluster, CALM_TRY_MS)
  try {
    const isServed = (): boolean => clients.every(client => answered(client).length >= CALM_REQUESTS)
    const elapsedMs = (): number => context.nowMs() - startMs
    while (elapsedMs() < CALM_MS || (!isServed() && elapsedMs() < MOST_CALM_MS)) await context.patience.pause(LOOK_EVERY_MS)
  } finally {
    await Promise.all(clients.map(async client => await client.stop()))
  }
  const unserved = clients.find(client => answered(client).length === 0)
  if (unserved !== undefined) return unusable(unserved)
  const slowestMs = Math.max(LEAST_ANSWER_MS, ...clients.flatMap(answered).map(({ answerMs }) => answerMs))
  return { tryMs: Math.round(Math.min(MOST_TRY_MS, Math.max(LEAST_TRY_MS, TRY_FACTOR * slowestMs))), answerMs: slowestMs }
}

function answered({ requests }: RoundRobin): Request[] {
  return requests.filter(({ answeredAtMs }) => answeredAtMs !== null)
}

/** With all nodes up: one that says so all the time is not available, by the contract; of one that says nothing no fault shows anything. */
function unusable({ requests }: RoundRobin): CheckFinding {
  const { tries, lastReason } = requests[0] ?? { tries: 0, lastReason: 'none' }
  const text = `No request was served in ${MOST_CALM_MS / 1000} s, though no node was away: ${tries} tries, the last that failed on node ${lastReason}.`
  if (/: 503\b/.test(lastReason)) return failure('stuck', 'client', text)
  return { outcome: 'inconclusive', reason: `${text} So nothing could be seen to go on while one is.` }
}

interface FaultPlay {
  readonly cluster: KvCluster
  readonly clients: readonly RoundRobin[]
  readonly usual: Usual
  readonly node: KvNode
  readonly fault: Fault
  readonly lag: LagWatch
}

/** The longest that any request waited, or how it failed. */
async function playFault(context: KvCheckContext, play: FaultPlay): Promise<CheckFinding | number> {
  const { cluster, node, fault } = play
  const startMs = context.nowMs()
  if (fault === 'killed') await node.kill()
  else if (fault === 'paused') node.pause()
  else await node.terminate()
  try {
    if (fault !== 'restarted') {
      const during = await waitUntilServed(context, play, { when: 'while', faultAtMs: startMs })
      if (during !== null) return during
    }
  } finally {
    if (fault === 'paused') node.resume()
  }
  if (fault !== 'paused') await cluster.start([node])
  const after = await waitUntilServed(context, play, { when: 'after', faultAtMs: startMs })
  return after ?? Math.max(0, ...play.clients.flatMap(client => client.since(startMs).map(request => client.waitMs(request))))
}

interface Stage {
  readonly when: 'while' | 'after'
  readonly faultAtMs: number
}

/**
 * Until each client had an answer to a request that it called after this began; not before it has had its time. Also what was answered late
 * meanwhile, or while a node ended and started, is late.
 */
async function waitUntilServed(context: KvCheckContext, play: FaultPlay, { when, faultAtMs }: Stage): Promise<CheckFinding | null> {
  const fromMs = context.nowMs()
  const leastMs = when === 'while' ? FAULT_MS : CALM_MS
  for (;;) {
    for (const client of play.clients) {
      const late = client.since(faultAtMs).find(request => isLate(client, request, play))
      if (late !== undefined) return unserved(late, play, when)
    }
    const isServed = play.clients.every(({ requests }) => requests.some(one => one.calledAtMs >= fromMs && one.answeredAtMs !== null))
    if (isServed && context.nowMs() - fromMs >= leastMs) return null
    await context.patience.pause(LOOK_EVERY_MS)
  }
}

/** What held us up held up the nodes as well. */
function isLate(client: RoundRobin, request: Request, { usual, lag }: FaultPlay): boolean {
  const mostMs = WITHIN_MS + HANGING_TRIES * usual.tryMs + usual.answerMs + lag.totalMs()
  return request.tries > LEAST_TRIES && client.waitMs(request) > mostMs
}

function unserved({ tries, lastReason }: Request, { usual, node, fault }: FaultPlay, when: Stage['when']): CheckFinding {
  const since = when === 'while' ? `while node ${node.name} was ${fault}` : `after node ${node.name} had been ${fault}`
  const text = `A request failed on all nodes for more than 5 s ${since}: ${tries} tries of up to ${usual.tryMs} ms, the last that failed on node ${lastReason}.`
  return failure('stuck', 'client', text)
}
