import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { RunningCandidate } from '../../candidate/running-candidate.ts'
import type { StartOptions } from '../../candidate/start-candidate.ts'
import { KvHistoryRecorder } from '../../record/kv-history-recorder.ts'
import { createRandom } from '../../scenario/seeded-random.ts'
import { createPatience } from '../patience.ts'
import { KvCluster, type ClusterOptions } from './cluster.ts'

test('each node has an address of its own, finds all others in its PEERS, and its own folder', async () => {
  const { cluster, started } = await makeCluster({ size: 3 })
  await Promise.all(cluster.nodes.map(async node => await cluster.launch(node)))
  expect(cluster.nodes.map(({ name, host }) => `${name} ${host}`)).toEqual(['a 127.0.0.2', 'b 127.0.0.3', 'c 127.0.0.4'])
  const [a, b, c] = cluster.nodes.map(({ name, host, port }) => `${name}=${host}:${port}`)
  expect(started.map(({ extraEnv }) => extraEnv?.['PEERS'])).toEqual([`${b},${c}`, `${a},${c}`, `${a},${b}`])
  expect(new Set(started.map(({ extraEnv }) => extraEnv?.['DATA_DIR'])).size).toBe(3)
  for (const { extraEnv, writablePaths, isAwaited } of started)
    expect({ writablePaths, isAwaited }).toEqual({ writablePaths: [extraEnv?.['DATA_DIR']], isAwaited: false })
  await cluster.close()
})

test('a node that is killed and started again keeps its address, its peers and its data, until the cluster is closed', async () => {
  const { cluster, started } = await makeCluster({ size: 2 })
  const node = cluster.node('b')
  await cluster.launch(node)
  await node.kill()
  expect(node.state).toBe('down')
  await cluster.launch(node)
  expect(started[1]).toEqual(started[0])
  expect(node.crash).toBeNull()
  expect(existsSync(node.dataFolder)).toBe(true)
  await cluster.close()
  expect(existsSync(node.dataFolder)).toBe(false)
})

test('a joiner knows the others, and none of them knows it', async () => {
  const { cluster, started } = await makeCluster({ size: 2 })
  const joiner = await cluster.add([cluster.node('b')])
  for (const node of cluster.nodes) await cluster.launch(node)
  expect(started.map(({ extraEnv }) => extraEnv?.['PEERS']?.replaceAll(/=[^,]+/g, ''))).toEqual(['b', 'a', 'b'])
  expect(joiner.name).toBe('c')
  await cluster.close()
})

test('a node may find itself in its PEERS, where it listens, and all nodes may have the same port', async () => {
  const { cluster, started } = await makeCluster({
    size: 2,
    namesSelf: true,
    hasOnePort: true,
    route: () => ({ host: '127.0.0.1', port: 1 }),
  })
  for (const node of cluster.nodes) await cluster.launch(node)
  const port = cluster.nodes[0]?.port
  expect(started.map(({ extraEnv }) => extraEnv?.['PEERS'])).toEqual([
    `a=127.0.0.2:${port},b=127.0.0.1:1`,
    `b=127.0.0.3:${port},a=127.0.0.1:1`,
  ])
  await cluster.close()
})

test('a route says at which address a node finds a peer', async () => {
  const { cluster, started } = await makeCluster({
    size: 2,
    route: (from, to) => ({ host: '127.0.0.1', port: from.name === 'a' && to.name === 'b' ? 1 : 2 }),
  })
  for (const node of cluster.nodes) await cluster.launch(node)
  expect(started.map(({ extraEnv }) => extraEnv?.['PEERS'])).toEqual(['b=127.0.0.1:1', 'a=127.0.0.1:2'])
  await cluster.close()
})

async function makeCluster(options: ClusterOptions) {
  const nowMs = (): number => performance.now()
  const started: StartOptions[] = []
  let addresses = 0
  const ground = {
    readyMs: 1000,
    recorder: new KvHistoryRecorder(),
    patience: createPatience(nowMs, Infinity, new AbortController().signal),
    nowMs,
    random: createRandom(1, 'cluster'),
    start: async (startOptions: StartOptions) => {
      started.push(startOptions)
      return await Promise.resolve(fakeServer())
    },
  }
  return { cluster: await KvCluster.make(ground, options, () => addresses++), started }
}

function fakeServer(): RunningCandidate {
  const exit = { code: null, signal: 'SIGKILL' as const, cause: 'crashed' as const, explanation: 'killed' }
  let isOver = false
  const end = async () => {
    isOver = true
    return await Promise.resolve(exit)
  }
  const shared = { name: 'fake', language: 'none', transport: 'http' as const, host: '127.0.0.2', port: 1, url: '', rootPid: null }
  return {
    ...shared,
    containment: undefined,
    canFreeze: true,
    output: () => '',
    printedBytes: () => 0,
    sample: () => null,
    preciseCpuSeconds: () => null,
    pids: () => [],
    exited: new Promise(() => undefined),
    hasExited: () => (isOver ? exit : null),
    freeze: () => undefined,
    thaw: () => undefined,
    stop: end,
    crash: end,
  }
}
