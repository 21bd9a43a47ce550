/** For tests: a virtual user whose deliveries nobody counts. */
import { GeneratorWatch } from './generator-watch.ts'
import { Intake } from './intake.ts'
import { Ledger } from './ledger.ts'
import { LoadUser, type UserEvents } from './load-user.ts'
import { createLocalMemberships } from './memberships.ts'
import { smallPlan } from './plan-fixture.ts'
import { createScheduleTime } from './schedule-time.ts'

/** `channels`: how many it asks to join, 1,000 of which go into one join. */
export function newUser(index: number, channels: number, events: Partial<UserEvents> = {}): LoadUser {
  const plan = smallPlan()
  const nowUs = (): number => 0
  const watch = new GeneratorWatch(1000, nowUs)
  watch.stop()
  const ledger = new Ledger(plan, createLocalMemberships(plan, 0, 1))
  const intake = new Intake({ plan, ledger, time: createScheduleTime(plan), text: 'ascii', watch, nowUs, onRead: () => undefined })
  const ignored = (): void => undefined
  const names = Array.from({ length: channels }, (_, channel) => `c${channel}`)
  return new LoadUser(
    index,
    0,
    'full',
    names,
    intake,
    { joinedUser: ignored, closedUser: ignored, ownCopy: ignored, reply: ignored, ...events },
    nowUs,
  )
}
