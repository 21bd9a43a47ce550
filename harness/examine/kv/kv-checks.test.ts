/** The checks of the stages that need several nodes, each against a right store and against one with the flaw that it looks for. */
import { describe, expect, test } from 'vitest'
import { failover } from './checks/k5-failover.ts'
import { findingOn, type FakeNode } from './fake-store-fixture.ts'

describe('k5.failover', { timeout: 20_000 }, () => {
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
