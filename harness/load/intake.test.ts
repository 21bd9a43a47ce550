import { Buffer } from 'node:buffer'
import { expect, it } from 'vitest'
import { HEADER_BYTES, writeBody } from '../wire/payload.ts'
import { GeneratorWatch } from './generator-watch.ts'
import { Intake } from './intake.ts'
import { Ledger } from './ledger.ts'
import { createLocalMemberships } from './memberships.ts'
import { membersOf, smallPlan } from './plan-fixture.ts'
import { createScheduleTime } from './schedule-time.ts'

it('only what readers at full speed read shows that a server goes on', () => {
  const plan = smallPlan({ cohorts: [{ name: 'slow', share: 0.5, reading: 'throttled', bytesPerSecond: 1000 }] })
  const ledger = new Ledger(plan, createLocalMemberships(plan, 0, 1))
  let nowUs = 1_010_000
  const watch = new GeneratorWatch(2000, () => nowUs)
  watch.stop()
  const time = createScheduleTime(plan)
  const intake = new Intake({ plan, ledger, time, text: 'ascii', watch, nowUs: () => nowUs, onRead: () => undefined })
  const read = (cohort: number, sequence: number): void => {
    const index = membersOf(plan, 0).find(user => plan.cohortOf[user] === cohort) ?? -1
    const bytes = messageOf(sequence)
    intake.beginRead()
    intake.takeMessage({ index, cohort, ownCopy: () => undefined, reply: () => undefined }, bytes, 0, bytes.length, -1, -1)
  }
  read(0, 0)
  nowUs = 1_510_000
  read(1, 0)
  read(1, 1)
  expect([intake.deliveries, intake.lastReadUs]).toEqual([3, 1_510_000])
  expect([watch.readsPerBin[50], watch.readsPerBin[75], watch.lastReadUs]).toEqual([1, 0, 1_010_000])
})

/** A message to the first channel, as a server would deliver it. */
function messageOf(sequence: number): Buffer {
  const body = Buffer.alloc(HEADER_BYTES)
  writeBody(body, 0, { channel: 0, sequence, sender: 0, dueUs: 1_000_000 }, body.length, 'ascii')
  return Buffer.from(`{"type":"message","channel":"c0","body":"${body.toString()}"}`)
}
