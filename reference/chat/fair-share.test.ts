import { describe, expect, test } from 'vitest'
import { FairShare, newSenderQuota } from './fair-share.ts'

const LIMITS = { maxSendsPerSecond: 1000, maxSendBurst: 500, protectedDeliveriesPerSecond: 10_000 }

/** How many of `count` sends at one moment pass. */
function admitted(share: FairShare, quota: ReturnType<typeof newSenderQuota>, count: number, nowMs: number, members = 1000): number {
  return Array.from({ length: count }, () => share.admits(quota, members, nowMs)).filter(Boolean).length
}

describe('FairShare', () => {
  test('lets a burst pass and then holds a user to its rate', () => {
    const share = new FairShare(LIMITS)
    const quota = newSenderQuota()
    expect(admitted(share, quota, 600, 1000)).toBe(500)
    expect(admitted(share, quota, 600, 1100)).toBe(100)
    expect(admitted(share, quota, 600, 9000)).toBe(500)
  })

  test('takes from the loudest first: a user below the allowance notices nothing', () => {
    const share = new FairShare(LIMITS)
    const [loud, quiet] = [newSenderQuota(), newSenderQuota()]
    admitted(share, loud, 100, 1000)
    admitted(share, quiet, 10, 1000)
    share.tighten()
    expect([admitted(share, loud, 100, 1100), admitted(share, quiet, 10, 1100)]).toEqual([50, 10])
  })

  test('leaves everyone one message a window, however tight, and everything once lifted', () => {
    const share = new FairShare(LIMITS)
    const quota = newSenderQuota()
    for (let count = 0; count < 20; count++) share.tighten()
    admitted(share, newSenderQuota(), 10, 1000)
    expect(admitted(share, quota, 10, 1000)).toBe(1)
    share.lift()
    expect(admitted(share, quota, 10, 1100)).toBe(10)
  })

  test('loosens step by step', () => {
    const share = new FairShare(LIMITS)
    admitted(share, newSenderQuota(), 16, 1000)
    share.tighten()
    share.loosen()
    expect(admitted(share, newSenderQuota(), 16, 1100)).toBe(10)
  })

  test('never sheds for load within the protected rate', () => {
    const share = new FairShare(LIMITS)
    const quota = newSenderQuota()
    for (let count = 0; count < 20; count++) share.tighten()
    expect(admitted(share, quota, 20, 1000, 100)).toBe(10)
    expect(admitted(share, quota, 20, 1100, 50)).toBe(20)
  })
})
