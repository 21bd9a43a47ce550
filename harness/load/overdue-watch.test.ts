import { describe, expect, it } from 'vitest'
import { Ledger } from './ledger.ts'
import { createLocalMemberships } from './memberships.ts'
import { GrowingMessageTable, MESSAGE_SHED } from './message-table.ts'
import { OverdueWatch } from './overdue-watch.ts'
import { membersOf, smallPlan } from './plan-fixture.ts'

const SLA_MS = 1000
const SECOND_US = 1_000_000

describe('what is overdue', () => {
  it('is what some readers lack of a message that is 5 s old, until it comes', () => {
    const { watch, ledger, table, members } = watchOf()
    table.push(0, 3, 0, 0, 0)
    for (const user of members.slice(2)) ledger.take(user, 0, 3, 0, 10, true)
    expect(countAt(watch, table, 4 * SECOND_US)).toBe(0)
    expect(countAt(watch, table, 5 * SECOND_US + 1)).toBe(2)
    expect(countAt(watch, table, 6 * SECOND_US)).toBe(2)
    ledger.take(members[0] ?? -1, 0, 3, 0, 7 * SECOND_US, true)
    expect(countAt(watch, table, 7 * SECOND_US)).toBe(1)
    ledger.take(members[1] ?? -1, 0, 3, 0, 8 * SECOND_US, true)
    expect(countAt(watch, table, 8 * SECOND_US)).toBe(0)
  })

  it('waits for as long as the SLA, where that is longer', () => {
    const { watch, table, members } = watchOf({}, 8000)
    table.push(0, 0, 0, 0, 0)
    expect(countAt(watch, table, 7 * SECOND_US)).toBe(0)
    expect(countAt(watch, table, 9 * SECOND_US)).toBe(members.length)
  })

  it('is nothing that was shed, and nothing that was due before a reader came or after it left', () => {
    const { watch, ledger, table, members } = watchOf()
    table.push(0, 0, 0, 100, 100)
    table.push(0, 1, 0, 100, 100)
    table.state[0] = MESSAGE_SHED
    ledger.mustFromUs[members[0] ?? -1] = 200
    ledger.mustFromUs[members[1] ?? -1] = Infinity
    expect(countAt(watch, table, 6 * SECOND_US)).toBe(members.length - 2)
  })

  it('is nothing of readers who are slow on purpose', () => {
    const { watch, table, members, plan } = watchOf({ cohorts: [{ name: 'stopped', share: 0.4, reading: 'stopped' }] })
    expect(members.some(user => plan.cohortOf[user] !== 0)).toBe(true)
    table.push(0, 0, 0, 0, 0)
    expect(countAt(watch, table, 6 * SECOND_US)).toBe(members.filter(user => plan.cohortOf[user] === 0).length)
  })

  it('is looked for no longer than the sockets can wait, and then too little and never too much', () => {
    const { watch, ledger, table, members } = watchOf({ users: 100, channels: 1, membership: { kind: 'all' } })
    expect(members).toHaveLength(100)
    // Who came after the messages makes each reader be looked at.
    ledger.mustFromUs[members[0] ?? -1] = 200
    for (let sequence = 0; sequence < 3000; sequence++) table.push(0, sequence, 0, 100, 100)
    expect(countAt(watch, table, 6 * SECOND_US)).toBe(2000 * 99)
    expect(countAt(watch, table, 7 * SECOND_US)).toBe(2000 * 99)
  })

  it('is told by each worker of its own messages once, and found by all', () => {
    const { watch, table } = watchOf()
    table.push(0, 0, 0, 0, 0)
    table.push(0, 1, 0, 3 * SECOND_US, 3 * SECOND_US)
    expect([...watch.takeOld(table, 6 * SECOND_US).sequence]).toEqual([0])
    expect([...watch.takeOld(table, 7 * SECOND_US).sequence]).toEqual([])
    expect([...watch.takeOld(table, 9 * SECOND_US).sequence]).toEqual([1])
  })
})

function watchOf(changes: Record<string, unknown> = {}, slaMs = SLA_MS) {
  const plan = smallPlan(changes)
  const ledger = new Ledger(plan, createLocalMemberships(plan, 0, 1))
  for (let user = 0; user < plan.users; user++) ledger.mustFromUs[user] = -1
  return { plan, ledger, watch: new OverdueWatch(plan, ledger, slaMs), table: new GrowingMessageTable(), members: membersOf(plan, 0) }
}

/** As with one worker: what it tells comes back to it. */
function countAt(watch: OverdueWatch, table: GrowingMessageTable, nowUs: number): number {
  watch.add(watch.takeOld(table, nowUs))
  return watch.count()
}
