/** The checks of the stages that need several nodes, each against a right store and against one with the flaw that it looks for. */
import { describe, expect, test } from 'vitest'
import type { ProcessSample } from '../../candidate/process-sample.ts'
import { replication } from './checks/k3-replication.ts'
import { failover } from './checks/k5-failover.ts'
import { findingOn, type FakeNode } from './fake-store-fixture.ts'

describe('k3.replication', () => {
  const padding = 32 * 1024

  test('passes a right store', async () => {
    expect(await findingOn(replication)).toMatchObject({ outcome: 'pass' })
  })

  test('passes one that sends everything to everybody all the time, and whose processors never rest', async () => {
    expect(await findingOn(replication, { gossipsEveryMs: 100, padding, sample: busy })).toMatchObject({ outcome: 'pass' })
  })

  test('fails one whose nodes tell each other what they were told, for ever, though every value is right', async () => {
    const finding = await findingOn(replication, { echoes: true, padding, sample: node => (node.entries.size > 0 ? busy() : null) })
    expect(finding).toMatchObject({
      outcome: 'fail',
      evidence: [{ kind: 'growth' }],
      reason: expect.stringContaining('for ever') as unknown,
    })
  })

  test('fails one that keeps what it is told to itself', async () => {
    expect(await findingOn(replication, { isSilent: true })).toMatchObject({ outcome: 'fail', evidence: [{ kind: 'stale' }] })
  })
})

describe('k5.failover', () => {
  test('passes a right store', async () => {
    expect(await findingOn(failover)).toMatchObject({ outcome: 'pass' })
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
})

/** A core a node. */
function busy(): ProcessSample {
  return { cpuSeconds: performance.now() / 1000, rssBytes: 1, fds: 1, threads: 1, processes: 1 }
}
