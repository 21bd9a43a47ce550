import { array, assert, boolean, nat, oneof, property, record, constant } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DeliveryList } from '../wire/delivery-list.ts'
import { balanceOf, Ledger, phantomsOf, sendsByChannel, type Taken, TAKEN_AGAIN, TAKEN_NEW, TAKEN_STRAY, TAKEN_UNKNOWN } from './ledger.ts'
import { createLocalMemberships } from './memberships.ts'
import { GrowingMessageTable, MESSAGE_MUST, MESSAGE_SHED } from './message-table.ts'
import { membersOf, smallPlan } from './plan-fixture.ts'

const CHANNELS = 3
const USERS = 6
const SEQUENCES = 70
const plan = smallPlan({ users: USERS, channels: CHANNELS })
const take = record({ kind: constant('take' as const), user: nat(USERS - 1), channel: nat(CHANNELS - 1), sequence: nat(SEQUENCES - 1) })
const forget = record({ kind: constant('forget' as const), user: nat(USERS - 1) })
const sent = array(record({ channel: nat(CHANNELS - 1), shed: boolean() }), { maxLength: 3 * SEQUENCES })

describe('the ledger', () => {
  it('agrees with a plain set of who has what, whatever is taken and forgotten', () => {
    assert(
      property(
        array(oneof({ weight: 9, arbitrary: take }, { weight: 1, arbitrary: forget }), { maxLength: 300 }),
        sent,
        nat(90),
        (steps, sends, fromUs) => {
          const { ledger } = newLedger()
          const has = new Set<string>()
          const received = new Map<string, number>()
          for (let user = 0; user < USERS; user++) ledger.mustFromUs[user] = user % 2 === 0 ? -1 : fromUs
          steps.forEach((step, nowUs) => {
            if (step.kind === 'forget') {
              ledger.forget(step.user, channelsOf(step.user))
              for (const key of has) if (key.startsWith(`${step.user}/`)) has.delete(key)
              return
            }
            const { user, channel, sequence } = step
            const key = `${user}/${channel}/${sequence}`
            const expected = !membersOf(plan, channel).includes(user) ? TAKEN_STRAY : has.has(key) ? TAKEN_AGAIN : TAKEN_NEW
            expect(ledger.take(user, channel, sequence, sequence, nowUs, true)).toBe(expected)
            if (expected !== TAKEN_NEW) return
            has.add(key)
            if (sequence > (ledger.mustFromUs[user] ?? Infinity))
              received.set(`${channel}/${sequence}`, (received.get(`${channel}/${sequence}`) ?? 0) + 1)
          })
          checkReceived(ledger, received)
          checkBalances(ledger, has, sends)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('takes a run as it would take one delivery after the other, up to the first that is not new', () => {
    const delivery = record({
      channel: nat(CHANNELS - 1),
      sequence: oneof({ weight: 20, arbitrary: nat(SEQUENCES - 1) }, constant(1_000_000)),
    })
    const reads = array(record({ user: nat(USERS - 1), counts: boolean(), deliveries: array(delivery, { maxLength: 12 }) }), {
      maxLength: 20,
    })
    assert(
      property(reads, nat(60), (all, fromUs) => {
        const [inRuns, singly] = [newLedger().ledger, newLedger().ledger]
        for (const ledger of [inRuns, singly]) ledger.mustFromUs.fill(fromUs)
        all.forEach(({ user, counts, deliveries }, nowUs) => {
          const list = new DeliveryList()
          for (const { channel, sequence } of deliveries) list.push(channel, sequence, 0, sequence)
          const take = (ledger: Ledger, at: number): Taken => {
            const { channel, sequence } = deliveries[at] ?? { channel: 0, sequence: 0 }
            return ledger.take(user, channel, sequence, sequence, nowUs, counts)
          }
          for (let at = 0; at < list.count;) {
            const end = inRuns.takeRun(user, list, at, list.count, nowUs, counts)
            for (; at < end; at++) expect(take(singly, at)).toBe(TAKEN_NEW)
            if (at === list.count) break
            const taken = take(inRuns, at)
            expect(taken).not.toBe(TAKEN_NEW)
            expect(take(singly, at++)).toBe(taken)
          }
        })
        const kept = ({ channels }: Ledger) => channels.map(({ bits, received, lastUs }) => [bits, received, lastUs])
        expect(kept(inRuns)).toEqual(kept(singly))
      }),
      { numRuns: 150 },
    )
  })

  it('keeps the time of the last receipt, in whatever order receipts are taken', () => {
    const { ledger } = newLedger()
    const [first = 0, second = 0] = membersOf(plan, 0)
    ledger.mustFromUs.fill(-1)
    ledger.take(first, 0, 0, 5, 900, true)
    ledger.take(second, 0, 0, 5, 300, true)
    expect([ledger.channels[0]?.received[0], ledger.channels[0]?.lastUs[0]]).toEqual([2, 900])
  })

  it('takes no number that nobody can have sent, and makes room for a closed model', () => {
    const { ledger } = newLedger()
    const user = membersOf(plan, 0)[0] ?? 0
    expect(ledger.take(user, 0, 1_000_000, 5, 6, true)).toBe(TAKEN_UNKNOWN)
    const closed = smallPlan({ arrival: { model: 'closed', thinkTimeMs: 100 } })
    const growing = new Ledger(closed, createLocalMemberships(closed, 0, 1))
    const member = membersOf(closed, 0)[0] ?? 0
    growing.mustFromUs[member] = -1
    expect(growing.take(member, 0, 3, 5, 6, true)).toBe(TAKEN_NEW)
    expect(growing.take(member, 0, 5000, 5, 7, true)).toBe(TAKEN_NEW)
    expect(growing.take(member, 0, 3, 5, 8, true)).toBe(TAKEN_AGAIN)
    expect(growing.has(member, 0, 5000)).toBe(true)
    expect(growing.has(member, 0, 4999)).toBe(false)
    expect(growing.channels[0]?.received[5000]).toBe(1)
  })

  it('sees what a member has that nobody sent', () => {
    const { ledger } = newLedger()
    const user = membersOf(plan, 1)[0] ?? 0
    ledger.take(user, 1, 40, 1, 1, true)
    ledger.take(user, 1, 2, 1, 1, true)
    const table = new GrowingMessageTable()
    table.push(1, 2, user, 1, 1)
    const sends = sendsByChannel(table, CHANNELS)[1]
    const channel = ledger.channels[1]
    if (sends === undefined || channel === undefined) throw new Error('Expected channel 1 to be there.')
    expect(phantomsOf(channel, channel.members.indexOf(user), sends)).toBe(1)
  })
})

function newLedger(): { ledger: Ledger } {
  return { ledger: new Ledger(plan, createLocalMemberships(plan, 0, 1)) }
}

function channelsOf(user: number): number[] {
  return [...plan.memberChannels.subarray(plan.memberOffsets[user], plan.memberOffsets[user + 1])]
}

function checkReceived(ledger: Ledger, received: ReadonlyMap<string, number>): void {
  ledger.channels.forEach((channel, index) => {
    for (let sequence = 0; sequence < SEQUENCES; sequence++)
      expect(channel.received[sequence]).toBe(received.get(`${index}/${sequence}`) ?? 0)
  })
}

/** Messages are due at their own sequence, so `mustFromUs` cuts the first ones off. */
function checkBalances(ledger: Ledger, has: ReadonlySet<string>, sent: readonly { channel: number; shed: boolean }[]): void {
  const table = new GrowingMessageTable()
  const next = new Int32Array(CHANNELS)
  for (const { channel, shed } of sent) {
    const sequence = next[channel] ?? 0
    next[channel] = sequence + 1
    const row = table.push(channel, sequence, 0, sequence, sequence)
    if (shed) table.state[row] = MESSAGE_SHED
  }
  const sends = sendsByChannel(table, CHANNELS)
  ledger.channels.forEach((channelLedger, channel) => {
    const channelSends = sends[channel]
    channelLedger.members.forEach((user, row) => {
      if (channelSends === undefined) return
      const from = ledger.mustFromUs[user] ?? Infinity
      const owed = Array.from({ length: table.count }, (_, i) => i)
        .filter(i => table.channel[i] === channel && table.state[i] === MESSAGE_MUST && (table.dueUs[i] ?? 0) > from)
        .map(i => table.sequence[i] ?? 0)
      const balance = balanceOf(channelLedger, row, channelSends, from)
      expect(balance.expected).toBe(owed.length)
      expect(balance.missing).toEqual(owed.filter(sequence => !has.has(`${user}/${channel}/${sequence}`)))
    })
  })
}
