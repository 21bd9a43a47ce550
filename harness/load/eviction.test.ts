import { describe, expect, it } from 'vitest'
import { mayBeEvicted } from './eviction.ts'
import { smallPlan } from './plan-fixture.ts'

const IN_THE_MIDDLE_MS = 1500

describe('a close that the server began', () => {
  it.each([
    ['full speed', [], false],
    ['a stopped reader', [{ name: 'slow', share: 1, reading: 'stopped' }], true],
    ['one that is to stop later', [{ name: 'slow', share: 1, reading: 'stopped', fromSeconds: 1.6 }], false],
    ['a throttled reader', [{ name: 'slow', share: 1, reading: 'throttled', bytesPerSecond: 1000 }], true],
    ['one that pauses now and then', [{ name: 'slow', share: 1, reading: 'pausing', pauseMs: 500, everyMs: 1000 }], false],
    ['one that pauses for longer', [{ name: 'slow', share: 1, reading: 'pausing', pauseMs: 501, everyMs: 2000 }], true],
    ['one that pauses most of the time', [{ name: 'slow', share: 1, reading: 'pausing', pauseMs: 400, everyMs: 700 }], true],
  ])('may be an eviction of %s: %s', (_, cohorts, may) => {
    expect(mayBeEvicted(smallPlan({ cohorts }), 3, IN_THE_MIDDLE_MS)).toBe(may)
  })

  it('may be an eviction where more was due in a pause than a server must keep', () => {
    const cohorts = [{ name: 'slow', share: 1, reading: 'pausing', pauseMs: 400, everyMs: 1000 }]
    // Everyone is in every channel: 25 messages are due in half a second.
    const plan = (bytes: number) => smallPlan({ cohorts, membership: { kind: 'all' }, body: { bytes } })
    expect(mayBeEvicted(plan(9000), 3, IN_THE_MIDDLE_MS)).toBe(false)
    expect(mayBeEvicted(plan(11_000), 3, IN_THE_MIDDLE_MS)).toBe(true)
    // Nothing is due any more after the end.
    expect(mayBeEvicted(plan(11_000), 3, 4000)).toBe(false)
  })

  it('is never an eviction before the schedule begins', () => {
    expect(mayBeEvicted(smallPlan({ cohorts: [{ name: 'slow', share: 1, reading: 'stopped' }] }), 3, -1e9)).toBe(false)
  })
})
