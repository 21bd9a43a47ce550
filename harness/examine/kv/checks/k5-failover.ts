import type { CheckFinding } from '../../check.ts'
import { failure } from '../../late-finding.ts'
import type { KvCluster } from '../cluster.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'
import type { KvNode } from '../kv-node.ts'
import { watchLag, type LagWatch } from '../lag-watch.ts'
import { RoundRobin, type Request } from '../round-robin.ts'
import { SteadyKeys } from '../steady-keys.ts'

const CLIENTS = 4
/** A node that hangs costs a client so much, twice at most in a round of three. */
const TRY_MS = 700
/** By the contract; then the last try may still be under way. */
const WITHIN_MS = 5000
const LAST_TRY_MS = 1500
const LEAST_TRIES = 3
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
    'Four clients go round the nodes without a pause; each node in turn is killed, paused by SIGSTOP, and restarted by SIGTERM. Meanwhile keys that were written long before are read from each node.',
  needs: [],
  budgetMs: 240_000,
  async run(context) {
    const cluster = await context.cluster()
    const steady = await SteadyKeys.begin(context, cluster.nodes)
    const clients = Array.from({ length: CLIENTS }, (_, at) => {
      const users = cluster.nodes.map(node => context.user(node, { name: `client ${at} to ${node.name}` }))
      return new RoundRobin(context, { users, key: context.freshKey('failover'), name: `${at}`, tryMs: TRY_MS })
    })
    let longestMs = 0
    try {
      await context.patience.pause(CALM_MS)
      for (const fault of ['killed', 'paused', 'restarted'] as const) {
        for (const node of context.quick ? cluster.nodes.slice(0, 1) : cluster.nodes) {
          context.progress(`node ${node.name} is ${fault}`)
          const lag = watchLag(context.nowMs)
          const waited = await playFault(context, { cluster, clients, node, fault, lag }).finally(() => lag.end())
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
    return { outcome: 'pass', reason: text, figures: { longestWaitMs: longestMs, requests } }
  },
}

interface FaultPlay {
  readonly cluster: KvCluster
  readonly clients: readonly RoundRobin[]
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
      const late = client.since(faultAtMs).find(request => isLate(client, request, play.lag))
      if (late !== undefined) return unserved(late, play, when)
    }
    const isServed = play.clients.every(({ requests }) => requests.some(one => one.calledAtMs >= fromMs && one.answeredAtMs !== null))
    if (isServed && context.nowMs() - fromMs >= leastMs) return null
    await context.patience.pause(LOOK_EVERY_MS)
  }
}

/** What held us up held up the nodes as well. */
function isLate(client: RoundRobin, request: Request, lag: LagWatch): boolean {
  return request.tries > LEAST_TRIES && client.waitMs(request) > WITHIN_MS + LAST_TRY_MS + lag.totalMs()
}

function unserved({ tries, lastReason }: Request, { node, fault }: FaultPlay, when: Stage['when']): CheckFinding {
  const since = when === 'while' ? `while node ${node.name} was ${fault}` : `after node ${node.name} had been ${fault}`
  const text = `A request failed on all nodes for more than 5 s ${since}: ${tries} tries, the last that failed on node ${lastReason}.`
  return failure('stuck', 'client', text)
}
