/** The checks of the stages that need several nodes, each against a right store and against one with the flaw that it looks for. */
import { describe, expect, test } from 'vitest'
import type { ProcessSample } from '../../candidate/process-sample.ts'
import { durable } from './checks/k2-durable.ts'
import { shutdown } from './checks/k2-shutdown.ts'
import { converge } from './checks/k3-converge.ts'
import { noResurrection } from './checks/k3-no-resurrection.ts'
import { replication } from './checks/k3-replication.ts'
import { join } from './checks/k4-join.ts'
import { loneRestart } from './checks/k4-lone-restart.ts'
import { staleRestart } from './checks/k4-stale-restart.ts'
import { failover } from './checks/k5-failover.ts'
import { partition } from './checks/k5-partition.ts'
import { linearizable } from './checks/k6-linearizable.ts'
import { load } from './checks/k6-load.ts'
import { saturation } from './checks/k6-saturation.ts'
import { mountSmallDisk } from './faults-disk.ts'
import { playFullDisk } from './full-disk-trial.ts'
import type { KvCheck } from './kv-check.ts'
import { KV_CHECKS } from './kv-check-list.ts'
import { findingOn, type FakeEntry, type FakeNode, type Flaws } from './fake-store-fixture.ts'
import type { CheckEvidence } from '../../record/check-record.ts'

describe('a full disk', async () => {
  const disk = await mountSmallDisk(1024 * 1024)
  if (typeof disk !== 'string') await disk.remove()
  const trial: KvCheck = {
    ...durable,
    run: async context => {
      const found = await playFullDisk(context)
      return typeof found === 'string' ? { outcome: 'pass', reason: found } : found
    },
  }

  test.skipIf(typeof disk === 'string')('harms no right store', async () => {
    expect(await findingOn(trial)).toMatchObject({ outcome: 'pass', reason: expect.stringMatching(/lost nothing/) as unknown })
  })

  test.skipIf(typeof disk === 'string')('leaves nothing behind that a store may end over', async () => {
    const finding = await findingOn(trial, { diesAtStart: ({ store }) => store.nodes.length === 2 })
    expect(finding).toMatchObject({ outcome: 'fail', reason: expect.stringContaining('did not come back') as unknown })
  })

  test.skipIf(typeof disk === 'string')('is not tried where a store needs a larger one to start', async () => {
    const finding = await findingOn(trial, { diesAtStart: () => true })
    expect(finding).toMatchObject({ outcome: 'pass', reason: expect.stringContaining('does not start on a disk of 256 MiB') as unknown })
  })
})

describe('k2', () => {
  test.each([durable, shutdown])('$id passes a right store', async check => {
    expect(await findingOn(check)).toMatchObject({ outcome: 'pass' })
  })

  test.each([durable, shutdown])('$id fails a store that saves neither a write nor the delete that follows at once', async check => {
    const { flaws, undone } = undoing(({ before }) => before)
    const finding = await findingOn(check, flaws)
    expect(finding).toMatchObject({ outcome: 'fail', reason: expect.stringContaining('had been acknowledged') as unknown })
    expect(undone.size).toBeGreaterThan(0)
  })

  test('k2.shutdown fails a single node that takes a write and the delete that follows at once in either order', async () => {
    const { flaws } = undoing(({ written }) => written)
    const finding = await findingOn(shutdown, flaws)
    expect(finding).toMatchObject({ outcome: 'fail', reason: expect.stringContaining('its delete had been acknowledged') as unknown })
  })

  test('k2.durable fails a store that does not read again what it could write', async () => {
    const loads = ({ entries }: FakeNode): void => {
      for (const [key, { value }] of entries) if ((value?.length ?? 0) >= 1024 * 1024) entries.delete(key)
    }
    expect(await findingOn(durable, { loads })).toMatchObject({ outcome: 'fail', evidence: ledBy('lost') })
  })
})

describe('k3.replication', () => {
  const padding = 32 * 1024
  /** Values of 1 MiB to everybody all the time are too much for nodes that share one process. */
  const refusesOdd = (_node: FakeNode, _method: string, key: string): number | null => (key.startsWith('odd') ? 400 : null)

  test('passes a right store', async () => {
    expect(await findingOn(replication)).toMatchObject({ outcome: 'pass' })
  })

  test('passes one that sends everything to everybody all the time, and whose processors never rest', async () => {
    const flaws = { gossipsEveryMs: 100, padding, sample: busy, refusal: refusesOdd }
    expect(await findingOn(replication, flaws)).toMatchObject({ outcome: 'pass' })
  })

  test('fails one whose nodes tell each other what they were told, for ever, though every value is right', async () => {
    const sample = (node: FakeNode): ProcessSample | null => (node.entries.size > 0 ? busy() : null)
    const finding = await findingOn(replication, { echoes: true, padding, sample, refusal: refusesOdd })
    expect(finding).toMatchObject({
      outcome: 'fail',
      evidence: ledBy('growth'),
      reason: expect.stringContaining('for ever') as unknown,
    })
  })

  test.each<[string, NonNullable<Flaws['spoils']>]>([
    ['takes an empty value for a delete', (key, value) => [key, value === '' ? null : value]],
    ['decodes keys once more', key => [key.replace('%20', ' '), 'x']],
    [
      'takes values for text',
      (key, value) => [key, value === null ? null : Buffer.from(Buffer.from(value, 'latin1').toString(), 'utf8').toString('latin1')],
    ],
    ['does not take the largest values', (key, value) => [(value?.length ?? 0) < 1024 * 1024 ? key : 'lost', value]],
  ])('fails one that, when a peer sends it, %s', async (_, spoils) => {
    expect(await findingOn(replication, { spoils })).toMatchObject({
      outcome: 'fail',
      reason: expect.stringMatching(/^Odd keys and values came back/) as unknown,
    })
  })

  test('fails one in which a key is absent for a while when a new value of it comes from a peer', async () => {
    const refusal: Flaws['refusal'] = ({ name, entries }, method, key) =>
      method === 'GET' && name === 'b' && key.startsWith('restless') && entries.get(key)?.value !== 'there' ? 404 : null
    expect(await findingOn(replication, { refusal })).toMatchObject({
      outcome: 'fail',
      reason: expect.stringContaining('had to be there while they were overwritten') as unknown,
    })
  })

  test('leaves it to other checks where a store spoils odd keys by itself', async () => {
    expect(await findingOn(replication, { refusal: refusesOdd })).toMatchObject({ outcome: 'pass' })
  })

  test('fails one that keeps what it is told to itself', async () => {
    expect(await findingOn(replication, { isSilent: true, asksOnce: true })).toMatchObject({
      outcome: 'fail',
      evidence: ledBy('stale'),
    })
  })
})

describe('k3.converge', () => {
  test('passes a right store', async () => {
    expect(await findingOn(converge)).toMatchObject({ outcome: 'pass' })
  })

  test('fails one that takes whatever comes last', async () => {
    const reason = expect.stringMatching(
      /^(Nodes wrote the same keys (at once|in the same moment)|One node overwrote what it had read)/,
    ) as unknown
    expect(await findingOn(converge, { takesAll: true, asksOnce: true })).toMatchObject({ outcome: 'fail', reason })
  })
})

test('k3.converge fails a store that ends over PEERS that name the node itself, and says so', async () => {
  const finding = await findingOn(converge, { diesAtStart: ({ name, peers }) => peers.some(peer => peer.startsWith(`${name}=`)) })
  expect(finding).toMatchObject({
    message: expect.stringMatching(/^Node [abc], started with PEERS that name the node itself, ended/) as unknown,
  })
})

test('k3.converge fails a store in which old messages come a second time, after all had agreed', async () => {
  const reason = expect.stringMatching(/^All nodes had held the same/) as unknown
  expect(await findingOn(converge, { repeatsWhenIdleMs: 1000, asksOnce: true })).toMatchObject({ outcome: 'fail', reason })
})

/** Of a key that is written once while a node starts. */
const isOnce = (key: string): boolean => key.startsWith('once')

describe('nodes that go away and come back', () => {
  test('k4.stale-restart fails a store that loses what is sent to a node while it copies', async () => {
    expect(await findingOn(staleRestart, { forgetsWhileCopying: isOnce, asksOnce: true })).toMatchObject({
      outcome: 'fail',
      reason: expect.stringContaining('once each') as unknown,
    })
  })

  test.each([noResurrection, staleRestart])('$id passes a right store', async check => {
    expect(await findingOn(check)).toMatchObject({ outcome: 'pass' })
  })

  test('k3.no-resurrection fails a store of which a delete leaves nothing behind', async () => {
    expect(await findingOn(noResurrection, { forgetsDeletes: true })).toMatchObject({
      outcome: 'fail',
      evidence: ledBy('resurrected'),
    })
  })

  test.each<[string, Flaws]>([
    ['forgets deletes after 5 s', { remembersDeletesForMs: 5000 }],
    ['forgets deletes when it is started', { loadsNoDeletes: true }],
    ['remembers a thousand deletes', { remembersDeletes: 1000 }],
  ])('k3.no-resurrection fails a store that %s', async (_, flaws) => {
    expect(await findingOn(noResurrection, flaws)).toMatchObject({ outcome: 'fail', evidence: ledBy('resurrected') })
  })

  test('k4.stale-restart fails a store that takes what it finds on its disk for new', async () => {
    expect(await findingOn(staleRestart, { loadsAsNew: true })).toMatchObject({
      outcome: 'fail',
      evidence: ledBy('stale'),
    })
  })
})

describe('k4.join', () => {
  test('passes a right store', async () => {
    expect(await findingOn(join)).toMatchObject({ outcome: 'pass' })
  })

  test('passes one in which a node that nobody knows asks its peers every 3.6 s', async () => {
    const finding = await findingOn(join, { copiesEveryMs: 3600, savesForMs: key => (key.startsWith('from-joiner') ? 1500 : 0) })
    expect(finding).toMatchObject({ outcome: 'pass' })
  })

  test('fails one that copies no more than a part of what there is', async () => {
    expect(await findingOn(join, { copiesAtMost: 80 })).toMatchObject({
      outcome: 'fail',
      reason: expect.stringMatching(/^The empty node e had to have everything/) as unknown,
    })
  })

  test('fails one that loses what is sent to a node while it copies', async () => {
    expect(await findingOn(join, { forgetsWhileCopying: isOnce, asksOnce: true })).toMatchObject({
      outcome: 'fail',
      reason: expect.stringMatching(/node d.*"once/) as unknown,
    })
  })

  test('fails one whose new node is told nothing of what is written after its start', async () => {
    expect(await findingOn(join, { asksOnce: true })).toMatchObject({
      outcome: 'fail',
      evidence: ledBy('stale'),
    })
  })
})

describe('k4.lone-restart', () => {
  /** One of three nodes has been started a second time; then each of them, with no peer up. */
  const isAlone = ({ store }: FakeNode): boolean => store.nodes.length > 4

  test('passes a right store', async () => {
    expect(await findingOn(loneRestart)).toMatchObject({ outcome: 'pass' })
  })

  test('fails one that does not save what a node copies from its peers', async () => {
    const saved = new Set<string>()
    const finding = await findingOn(loneRestart, {
      loads: ({ name, entries, store }) => {
        if (store.nodes.length === 3) for (const key of entries.keys()) saved.add(key)
        else if (store.nodes.length === 4 && name === 'a') for (const key of entries.keys()) if (!saved.has(key)) entries.delete(key)
      },
    })
    expect(finding).toMatchObject({ outcome: 'fail', reason: expect.stringMatching(/^Node a was started with no peer up/) as unknown })
  })

  test('fails one that has saved an earlier write over the later one that had overtaken it', async () => {
    const finding = await findingOn(loneRestart, {
      loads: ({ name, entries, store }) => {
        if (store.nodes.length < 4 || name !== 'c') return
        for (const [key, entry] of entries) if (key.startsWith('overtaken')) entries.set(key, { ...entry, value: 'first, on b' })
      },
    })
    expect(finding).toMatchObject({
      outcome: 'fail',
      reason: expect.stringMatching(/^Node c was started with no peer up.*overtaken/) as unknown,
    })
  })

  test('does not judge one that needs its peers and says so', async () => {
    expect(await findingOn(loneRestart, { refusal: node => (isAlone(node) ? 503 : null) })).toMatchObject({ outcome: 'not attempted' })
  })

  test('fails one that has lost something, whatever it says to other reads', async () => {
    const finding = await findingOn(loneRestart, {
      refusal: (node, _, key) => (isAlone(node) ? (/[02468ace]$/.test(key) ? 503 : 404) : null),
    })
    expect(finding).toMatchObject({
      outcome: 'fail',
      evidence: ledBy('stale'),
    })
  })
})

describe('k5.partition', () => {
  test('passes a right store', async () => {
    expect(await findingOn(partition)).toMatchObject({ outcome: 'pass' })
  })

  test('fails one that sends once what a peer has missed', async () => {
    expect(await findingOn(partition, { sendsOnce: true, asksOnce: true })).toMatchObject({ outcome: 'fail' })
  })
})

test('k5.partition fails a store whose nodes talk past the addresses in PEERS', async () => {
  expect(await findingOn(partition, { talksPastPeers: true })).toMatchObject({ outcome: 'fail', evidence: ledBy('misdelivered') })
})

test('k5.partition fails a store in which the delete of a key that is not there leaves nothing behind', async () => {
  expect(await findingOn(partition, { forgetsDeletesOfAbsent: true })).toMatchObject({ outcome: 'fail', evidence: ledBy('resurrected') })
})

describe('k5.failover', () => {
  test('fails one that says 404 to every read while one of its nodes is away', async () => {
    const isOneAway = ({ store }: FakeNode): boolean => store.nodes.filter(({ isUp }) => isUp).length < 3
    const finding = await findingOn(failover, { refusal: (node, method) => (method === 'GET' && isOneAway(node) ? 404 : null) })
    expect(finding).toMatchObject({ outcome: 'fail', reason: expect.stringContaining('long before the first fault') as unknown })
  })

  test('passes one whose nodes tell each other what is new only from time to time', async () => {
    expect(await findingOn(failover, { isSilent: true })).toMatchObject({ outcome: 'pass' })
  })

  test('fails one that needs all its nodes', async () => {
    const isOneAway = ({ store }: FakeNode): boolean => store.nodes.filter(({ isUp }) => isUp).length < 3
    const finding = await findingOn(failover, { refusal: node => (isOneAway(node) ? 503 : null) })
    expect(finding).toMatchObject({ outcome: 'fail', reason: expect.stringContaining('while node a was killed') as unknown })
  })

  test('passes a right store', async () => {
    expect(await findingOn(failover)).toMatchObject({ outcome: 'pass' })
  })

  test('passes one that saves the writes of a second together', async () => {
    expect(await findingOn(failover, { savesForMs: () => 1100 })).toMatchObject({ outcome: 'pass', figures: { tryMs: 2500 } })
  })

  test('fails one that only ever says 503', async () => {
    const finding = await findingOn(failover, { refusal: () => 503 })
    expect(finding).toMatchObject({ outcome: 'fail', reason: expect.stringContaining('though no node was away') as unknown })
  })

  test('does not judge one that never answers', async () => {
    expect(await findingOn(failover, { savesForMs: () => 60_000 })).toMatchObject({ outcome: 'inconclusive' })
  })

  test('fails one that is away for long while a node starts anew, though all serve again before that is done', async () => {
    // Three nodes, the killed one again, and then the one that is restarted.
    const restart = ({ store }: FakeNode): FakeNode | undefined => store.nodes[4]
    const finding = await findingOn(failover, {
      startsAfterMs: node => (node === restart(node) ? 9500 : 0),
      refusal: node => (performance.now() - (restart(node)?.startedAtMs ?? -Infinity) < 9000 ? 503 : null),
    })
    expect(finding).toMatchObject({ outcome: 'fail', reason: expect.stringContaining('after node a had been restarted') as unknown })
  })

  test('says that all nodes had one port where one ends over it', async () => {
    const hasPortOfFirst = ({ port, store }: FakeNode): boolean => store.nodes.length > 1 && port === store.nodes[0]?.port
    expect(await findingOn(failover, { diesAtStart: hasPortOfFirst })).toMatchObject({
      message: expect.stringMatching(/^Node [abc], started on the port that all nodes have, each at its own HOST, ended/) as unknown,
    })
  })
})

describe('stage 6', () => {
  test('k6.linearizable tells the rung of a right store without a leader, which is at least convergence', async () => {
    const finding = await findingOn(linearizable)
    expect(finding).toMatchObject({
      outcome: expect.stringMatching(/pass|fail/) as unknown,
      reason: expect.stringMatching(/^Highest rung that nothing violates: (convergence|session guarantees|linearizable),/) as unknown,
    })
  })

  test('k6.linearizable tells that values are exact where nodes never agree', async () => {
    const finding = await findingOn(linearizable, { isSilent: true, asksOnce: true })
    expect(finding).toMatchObject({ outcome: 'fail', reason: expect.stringContaining('exact values') as unknown })
  })

  test('k6.load measures a right store', async () => {
    expect(await findingOn(load)).toMatchObject({ outcome: 'pass', figures: { beforeKillPerSecond: expect.any(Number) as unknown } })
  })

  test('k6.load fails a store that answers nothing', async () => {
    expect(await findingOn(load, { refusal: () => 503 })).toMatchObject({
      outcome: 'fail',
      evidence: ledBy('stuck'),
    })
  })

  test('k6.saturation passes a right store', async () => {
    expect(await findingOn(saturation)).toMatchObject({ outcome: 'pass' })
  })

  test('k6.saturation fails a store that forgets some of what it has to tell its peers', async () => {
    let writes = 0
    const forgetsToTell = (key: string): boolean => key.startsWith('saturated') && writes++ % 3 === 0
    const finding = await findingOn(saturation, { forgetsToTell, asksOnce: true })
    expect(finding).toMatchObject({ outcome: 'fail', evidence: ledBy('diverged') })
  })

  test('k6.saturation fails a store that holds everything', async () => {
    const full = (): ProcessSample => ({ ...busy(), rssBytes: 3 * 1024 ** 3 })
    expect(await findingOn(saturation, { sample: full })).toMatchObject({
      outcome: 'fail',
      evidence: ledBy('growth'),
    })
  })

  test('k6.saturation passes a store that takes more than a second over each write, before the load as after it', async () => {
    const finding = await findingOn(saturation, { savesForMs: key => (key.startsWith('saturated') ? 0 : 1200) })
    expect(finding).toMatchObject({ outcome: 'pass' })
  })

  test('k6.saturation fails a store that does not come back', async () => {
    const finding = await findingOn(saturation, { refusal: (_node, _method, key) => (key.startsWith('afterwards') ? 503 : null) })
    expect(finding).toMatchObject({ outcome: 'fail', reason: expect.stringContaining('5 s later node a still did not answer') as unknown })
  })
})

/** They take longer to fill the store than a test may. */
const NOT_PLAYED = ['k5.dead-peer', 'k6.saturation']

describe('a check that is interrupted', () => {
  test.each(KV_CHECKS.filter(({ id }) => !NOT_PLAYED.includes(id)))('$id leaves no socket, server, timer or node behind', async check => {
    const before = held()
    const interrupting = new AbortController()
    const timer = setTimeout(() => interrupting.abort(), 350)
    const end = await findingOn(check, {}, interrupting.signal)
    clearTimeout(timer)
    // Some need no pause on a store that answers at once, and come to their end.
    if (end instanceof Error) expect(end).toBe(interrupting.signal.reason)
    for (const endMs = performance.now() + 1500; moreThan(before).length > 0 && performance.now() < endMs;)
      await new Promise(resolve => setImmediate(resolve))
    expect(moreThan(before)).toEqual([])
  })
})

interface Undone {
  /** What the key held before it was written. */
  readonly before: FakeEntry | undefined
  /** What was written, and deleted at once. */
  readonly written: FakeEntry | undefined
}

/** What a node holds again when it starts anew, of keys that were deleted within 100 ms of their last write. */
function undoing(again: (undone: Undone) => FakeEntry | undefined): { flaws: Flaws; undone: ReadonlyMap<string, Undone> } {
  const writes = new Map<string, { before: FakeEntry | undefined; atMs: number }>()
  const undone = new Map<string, Undone>()
  const refusal = ({ entries }: FakeNode, method: string, key: string): null => {
    const held = entries.get(key)
    const last = writes.get(key)
    if (method === 'PUT') {
      writes.set(key, { before: held, atMs: performance.now() })
      undone.delete(key)
    } else if (method === 'DELETE' && last !== undefined && performance.now() - last.atMs < 100) {
      undone.set(key, { before: last.before, written: held })
    }
    return null
  }
  const loads = ({ entries }: FakeNode): void => {
    for (const [key, one] of undone) {
      const entry = again(one)
      if (entry !== undefined) entries.set(key, entry)
    }
  }
  return { flaws: { refusal, loads }, undone }
}

/** What keeps this process from ending. */
function held(): string[] {
  const passing = ['FSReqCallback', 'FSReqPromise', 'Immediate']
  return process.getActiveResourcesInfo().filter(kind => !passing.includes(kind))
}

function moreThan(before: readonly string[]): string[] {
  const left = [...before]
  return held().filter(kind => {
    const at = left.indexOf(kind)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

/** A core a node. */
function busy(): ProcessSample {
  return { cpuSeconds: performance.now() / 1000, rssBytes: 1, fds: 1, threads: 1, processes: 1 }
}

/** Evidence that begins with this kind; on a slow machine there may be more behind it that follows from it. */
function ledBy(kind: CheckEvidence['kind']): unknown {
  return expect.toSatisfy((evidence: readonly CheckEvidence[]) => evidence[0]?.kind === kind)
}
