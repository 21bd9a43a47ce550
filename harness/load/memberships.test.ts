import { assert, integer, nat, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLocalMemberships, isLocalUser } from './memberships.ts'
import { membersOf, smallPlan } from './plan-fixture.ts'

describe('the memberships of a worker', () => {
  it('number each channel’s local members without gaps, and know no others', () => {
    assert(
      property(
        integer({ min: 1, max: 5 }),
        integer({ min: 1, max: 40 }),
        integer({ min: 1, max: 9 }),
        nat(1000),
        (workers, users, channels, seed) => {
          const plan = smallPlan(
            { users, channels, membership: { kind: 'fixed', channelsPerUser: Math.min(channels, 1 + (seed % 4)) } },
            seed,
          )
          for (let worker = 0; worker < workers; worker++) {
            const memberships = createLocalMemberships(plan, worker, workers)
            for (let channel = 0; channel < channels; channel++) {
              const local = membersOf(plan, channel).filter(user => isLocalUser(user, worker, workers))
              expect([...memberships.membersOf(channel)].toSorted((a, b) => a - b)).toEqual(local)
              memberships.membersOf(channel).forEach((user, row) => expect(memberships.rowOf(user, channel)).toBe(row))
              const strangers = Array.from({ length: users }, (_, user) => user).filter(user => !membersOf(plan, channel).includes(user))
              for (const user of strangers) expect(memberships.rowOf(user, channel)).toBe(-1)
            }
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('find everyone where everyone is everywhere', () => {
    const plan = smallPlan({ membership: { kind: 'all' } })
    const memberships = createLocalMemberships(plan, 0, 1)
    for (let user = 0; user < plan.users; user++) for (const channel of [0, 1, 2]) expect(memberships.rowOf(user, channel)).toBe(user)
    expect(memberships.rowOf(0, 3)).toBe(-1)
  })
})
