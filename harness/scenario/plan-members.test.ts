import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { channelSizes, planMembers, type Members } from './plan-members.ts'
import type { Membership } from './scenario.ts'

/** Users and channels, and how many channels each user is in. */
const crowd = fc
  .record({
    users: fc.integer({ min: 1, max: 60 }),
    channels: fc.integer({ min: 1, max: 40 }),
    seed: fc.nat(),
    exponent: fc.double({ min: 0, max: 4, noNaN: true }),
  })
  .chain(base => fc.record({ ...constants(base), channelsPerUser: fc.integer({ min: 1, max: base.channels }) }))

test('every user is in as many channels as asked for, in none twice, and channels are as large as planned', () => {
  fc.assert(
    fc.property(crowd, fc.boolean(), ({ users, channels, channelsPerUser, exponent, seed }, zipf) => {
      const membership: Membership = zipf ? { kind: 'zipf', channelsPerUser, exponent } : { kind: 'fixed', channelsPerUser }
      const members = planMembers(membership, users, channels, seed)
      for (let user = 0; user < users; user++) {
        const own = channelsOf(members, user)
        expect(own.length).toBe(channelsPerUser)
        expect(new Set(own).size).toBe(channelsPerUser)
        expect(own.every(channel => channel < channels)).toBe(true)
      }
      expect(countedSizes(members, channels)).toEqual([...channelSizes(membership, users, channels)])
    }),
  )
})

test('with a fixed number, channels are equally large, one member more or less', () => {
  fc.assert(
    fc.property(crowd, ({ users, channels, channelsPerUser, seed }) => {
      const sizes = countedSizes(planMembers({ kind: 'fixed', channelsPerUser }, users, channels, seed), channels)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }),
  )
})

test('with Zipf, no channel is larger than the one before it', () => {
  fc.assert(
    fc.property(crowd, ({ users, channels, channelsPerUser, exponent }) => {
      const sizes = channelSizes({ kind: 'zipf', channelsPerUser, exponent }, users, channels)
      expect([...sizes].sort((left, right) => right - left)).toEqual([...sizes])
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(users * channelsPerUser)
    }),
  )
})

test.each([
  // 1/1 : 1/2 : 1/3 of 110 memberships.
  { users: 110, channels: 3, channelsPerUser: 1, exponent: 1, sizes: [60, 30, 20] },
  // The first would have 120 of 220, but there are only 100 users: the rest is shared by the others as 1/2 to 1/3.
  { users: 100, channels: 3, channelsPerUser: 2, exponent: 1, sizes: [100, 60, 40] },
  // An exponent of 0 makes all equally popular.
  { users: 90, channels: 3, channelsPerUser: 1, exponent: 0, sizes: [30, 30, 30] },
  // A steep tail: hardly anything is left for the last, and nothing is lost to rounding.
  { users: 1_000, channels: 4, channelsPerUser: 1, exponent: 4, sizes: [927, 58, 11, 4] },
  // In as many channels as there are: everyone is everywhere, whatever is popular.
  { users: 7, channels: 3, channelsPerUser: 3, exponent: 3, sizes: [7, 7, 7] },
])(
  'Zipf with exponent $exponent: $users users in $channelsPerUser of $channels channels',
  ({ users, channels, channelsPerUser, exponent, sizes }) => {
    expect([...channelSizes({ kind: 'zipf', channelsPerUser, exponent }, users, channels)]).toEqual(sizes)
  },
)

test('all means everyone everywhere', () => {
  const members = planMembers({ kind: 'all' }, 3, 2, 1)
  expect([0, 1, 2].map(user => channelsOf(members, user))).toEqual([
    [0, 1],
    [0, 1],
    [0, 1],
  ])
})

test('users who share one channel do not share all: memberships are mixed', () => {
  const members = planMembers({ kind: 'fixed', channelsPerUser: 5 }, 1_000, 100, 1)
  const together = new Set<number>()
  for (let user = 0; user < 1_000; user++) {
    const own = channelsOf(members, user)
    if (own.includes(0)) for (const channel of own) together.add(channel)
  }
  expect(together.size).toBeGreaterThan(60)
})

function channelsOf({ offsets, channels }: Members, user: number): number[] {
  return [...channels.subarray(offsets[user], offsets[user + 1])]
}

function countedSizes(members: Members, channels: number): number[] {
  const sizes = Array.from({ length: channels }, () => 0)
  for (const channel of members.channels) sizes[channel] = (sizes[channel] ?? 0) + 1
  return sizes
}

function constants<Base extends object>(base: Base): { [Key in keyof Base]: fc.Arbitrary<Base[Key]> } {
  return Object.fromEntries(Object.entries(base).map(([key, value]) => [key, fc.constant(value)])) as {
    [Key in keyof Base]: fc.Arbitrary<Base[Key]>
  }
}
