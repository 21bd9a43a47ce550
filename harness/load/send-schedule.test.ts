import { describe, expect, it } from 'vitest'
import { smallPlan } from './plan-fixture.ts'
import { createClosedSchedule, createOpenSchedule, type DueMessage, type SendSchedule } from './send-schedule.ts'

describe('the open schedule', () => {
  it('gives each planned message to exactly one worker, in due order', () => {
    const plan = smallPlan()
    for (const workers of [1, 2, 3]) {
      const all = Array.from({ length: workers }, (_, worker) => drained(createOpenSchedule(plan, user => user % workers === worker)))
      for (const one of all) expect(one.map(({ dueUs }) => dueUs)).toEqual(one.map(({ dueUs }) => dueUs).toSorted((a, b) => a - b))
      const names = all.flat().map(({ channel, sequence }) => `${channel}/${sequence}`)
      expect(new Set(names).size).toBe(plan.messages.count)
      expect(names).toHaveLength(plan.messages.count)
    }
  })

  it('is not slowed by answers', () => {
    const plan = smallPlan()
    const schedule = createOpenSchedule(plan, () => true)
    const first = schedule.nextDueUs
    schedule.answered(0, 1e9)
    expect(schedule.nextDueUs).toBe(first)
  })
})

describe('the closed schedule', () => {
  const plan = smallPlan({ arrival: { model: 'closed', thinkTimeMs: 100, outstandingPerUser: 2 } })

  it('keeps so many messages of each user under way, and sends again a think time after an answer', () => {
    const schedule = createClosedSchedule(plan, 0, 1, [1, 2])
    const due = emptyDue()
    const senders: number[] = []
    while (schedule.nextDueUs < Infinity) {
      schedule.take(due)
      senders.push(due.sender)
    }
    expect(senders.toSorted((a, b) => a - b)).toEqual([1, 1, 2, 2])
    schedule.answered(2, 500_000)
    expect(schedule.nextDueUs).toBe(600_000)
    schedule.take(due)
    expect(due).toMatchObject({ sender: 2, dueUs: 600_000 })
    schedule.answered(2, plan.scheduleMs * 1000 - 1)
    expect(schedule.nextDueUs).toBe(Infinity)
  })

  it('never numbers two messages of a channel alike, over all workers', () => {
    const names: string[] = []
    for (let worker = 0; worker < 3; worker++) {
      const schedule = createClosedSchedule(
        plan,
        worker,
        3,
        [...plan.senders].filter(user => user % 3 === worker),
      )
      const due = emptyDue()
      for (let taken = 0; taken < 400 && schedule.nextDueUs < Infinity; taken++) {
        schedule.take(due)
        names.push(`${due.channel}/${due.sequence}`)
        schedule.answered(due.sender, 0)
      }
    }
    expect(names.length).toBeGreaterThan(1000)
    expect(new Set(names).size).toBe(names.length)
  })
})

function drained(schedule: SendSchedule): DueMessage[] {
  const taken: DueMessage[] = []
  while (!schedule.isOver) {
    const due = emptyDue()
    schedule.take(due)
    taken.push(due)
  }
  return taken
}

function emptyDue(): DueMessage {
  return { sender: -1, channel: -1, sequence: -1, dueUs: -1, bodyBytes: -1 }
}
