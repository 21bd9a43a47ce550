import { describe, expect, it } from 'vitest'
import { GeneratorWatch } from './generator-watch.ts'
import { Intake } from './intake.ts'
import { Ledger } from './ledger.ts'
import { LoadUser, type UserEvents } from './load-user.ts'
import { createLocalMemberships } from './memberships.ts'
import { smallPlan } from './plan-fixture.ts'
import { createScheduleTime } from './schedule-time.ts'

describe('a virtual user', () => {
  it('has joined once each of its joins is acknowledged, and by nothing else', () => {
    const { user, joined } = userOf(2500)
    user.opened()
    for (const id of [1, 1, 4, 0, '2', undefined, 2]) user.reply({ type: 'joined', id })
    expect([user.state, joined()]).toEqual(['joining', 0])
    user.reply({ type: 'joined', id: 3 })
    expect([user.state, joined()]).toEqual(['joined', 1])
  })

  it('asks anew on its next connection', () => {
    const { user, joined } = userOf(1001)
    user.opened()
    user.reply({ type: 'joined', id: 1 })
    user.closed({ code: 1006, reason: '', error: '', byUs: false })
    user.opened()
    user.reply({ type: 'joined', id: 2 })
    expect([user.state, joined()]).toEqual(['joining', 0])
    user.reply({ type: 'joined', id: 1 })
    expect(joined()).toBe(1)
  })
})

/** A user with so many channels, 1,000 of which go into one join. */
function userOf(channels: number): { user: LoadUser; joined: () => number } {
  const plan = smallPlan()
  const nowUs = (): number => 0
  const watch = new GeneratorWatch(1000, nowUs)
  watch.stop()
  const ledger = new Ledger(plan, createLocalMemberships(plan, 0, 1))
  const intake = new Intake({ plan, ledger, time: createScheduleTime(plan), text: 'ascii', watch, nowUs, onRead: () => undefined })
  let joined = 0
  const ignored = (): void => undefined
  const events: UserEvents = { joinedUser: () => joined++, closedUser: ignored, ownCopy: ignored, reply: ignored }
  const names = Array.from({ length: channels }, (_, channel) => `c${channel}`)
  return { user: new LoadUser(0, 0, 'full', names, intake, events, nowUs), joined: () => joined }
}
