import type { CheckFinding } from '../../check.ts'
import { failure } from '../../late-finding.ts'
import type { KvCluster } from '../cluster.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'
import type { KvNode } from '../kv-node.ts'
import { RoundRobin } from '../round-robin.ts'

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
  provokes: 'Four clients go round the nodes without a pause; each node in turn is killed, paused by SIGSTOP, and restarted by SIGTERM.',
  needs: [],
  budgetMs: 240_000,
  async run(context) {
    const cluster = await context.cluster()
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
          const waited = await playFault(context, { cluster, clients, node, fault })
          if (typeof waited !== 'number') return waited
          longestMs = Math.max(longestMs, waited)
        }
      }
    } finally {
      await Promise.all(clients.map(async client => await client.stop()))
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
      const during = await waitUntilServed(context, play, 'while')
      if (during !== null) return during
    }
  } finally {
    if (fault === 'paused') node.resume()
  }
  if (fault !== 'paused') await cluster.start([node])
  const after = await waitUntilServed(context, play, 'after')
  return after ?? Math.max(...play.clients.map(client => client.longestWaitMs(startMs)))
}

/** Until each client had an answer to a request that it called after the fault; not before the fault has had its time. */
async function waitUntilServed(context: KvCheckContext, play: FaultPlay, when: 'while' | 'after'): Promise<CheckFinding | null> {
  const fromMs = context.nowMs()
  const leastMs = when === 'while' ? FAULT_MS : CALM_MS
  for (;;) {
    const late = play.clients.find(client => isLate(client, context.nowMs()))
    if (late !== undefined) return unserved(late, play, when)
    const isServed = play.clients.every(({ requests }) => requests.some(one => one.calledAtMs >= fromMs && one.answeredAtMs !== null))
    if (isServed && context.nowMs() - fromMs >= leastMs) return null
    await context.patience.pause(LOOK_EVERY_MS)
  }
}

function isLate({ requests }: RoundRobin, nowMs: number): boolean {
  const last = requests.at(-1)
  return last?.answeredAtMs === null && last.tries > LEAST_TRIES && nowMs - last.calledAtMs > WITHIN_MS + LAST_TRY_MS
}

function unserved({ requests }: RoundRobin, { node, fault }: FaultPlay, when: 'while' | 'after'): CheckFinding {
  const last = requests.at(-1)
  const since = when === 'while' ? `while node ${node.name} was ${fault}` : `after node ${node.name} had been ${fault}`
  const text = `A request failed on all nodes for more than 5 s ${since}: ${last?.tries ?? 0} tries, the last on node ${last?.lastReason}.`
  return failure('stuck', 'client', text)
}
