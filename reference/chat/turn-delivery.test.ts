import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChatServer } from './chat-server.ts'
import type { Batch } from './batch.ts'
import { FlushPace } from './flush-pace.ts'
import { TurnDelivery } from './turn-delivery.ts'
import type { BatchedConnection } from './turn-delivery.ts'

class Recorder implements BatchedConnection {
  batch: Batch | undefined
  isDue = false
  readonly writes: Buffer[] = []

  writeMessage(): void {
    throw new Error('Expected batches only')
  }

  flush(batch: Batch | undefined): void {
    if (batch !== undefined) this.writes.push(batch.bytesFor('tcp'))
  }

  get bodies(): string[] {
    return Buffer.concat(this.writes)
      .toString()
      .split('\n')
      .filter(line => line !== '')
      .map(line => (JSON.parse(line) as { body: string }).body)
  }
}

function setUp(options: { busyWaitMs?: number; maxTurnLength?: number } = {}) {
  const clock = { ms: 0 }
  const tasks: (() => void)[] = []
  const pace = new FlushPace({ busyWaitMs: options.busyWaitMs ?? 0, overloadWaitMs: 50 })
  const delivery = new TurnDelivery<Recorder>({
    maxTurnLength: options.maxTurnLength ?? 1e6,
    now: () => clock.ms,
    atTurnEnd: task => void tasks.push(task),
    pace,
  })
  const chat = new ChatServer<Recorder>(delivery)
  const endTurn = (): void => {
    for (const task of tasks.splice(0)) task()
  }
  const send = (channel: string, body: string): void => chat.handleRequestToSendMessage(new Recorder(), { type: 'message', channel, body })
  return { chat, delivery, pace, clock, tasks, endTurn, send }
}

describe('TurnDelivery', () => {
  test('gives a connection in several channels one write for all of a turn', () => {
    const { chat, endTurn, send } = setUp()
    const ada = new Recorder()
    chat.handleJoinChannels(ada, ['red', 'blue'])
    send('red', '1')
    send('blue', '2')
    send('red', '3')
    expect(ada.writes).toHaveLength(0)
    endTurn()
    expect(ada.writes).toHaveLength(1)
    expect(ada.bodies.sort()).toEqual(['1', '2', '3'])
  })

  test('shares one buffer between all who are in the same channels, however many', () => {
    const { chat, endTurn, send } = setUp()
    const members = Array.from({ length: 100 }, () => new Recorder())
    for (const member of members) chat.handleJoinChannels(member, ['red', 'green', 'blue'])
    for (const channel of ['red', 'green', 'blue']) send(channel, 'hello')
    endTurn()
    expect(new Set(members.map(member => member.writes[0])).size).toBe(1)
  })

  test('sends nothing of the turn to a connection that left before its end', () => {
    const { chat, endTurn, send } = setUp()
    const [ada, bob] = [new Recorder(), new Recorder()]
    chat.handleJoinChannels(ada, ['red'])
    chat.handleJoinChannels(bob, ['red'])
    send('red', 'late')
    chat.handleDisconnect(ada)
    endTurn()
    expect([ada.bodies, bob.bodies]).toEqual([[], ['late']])
  })

  test('flushes at once when a turn has collected enough', () => {
    const { chat, send } = setUp({ maxTurnLength: 100 })
    const ada = new Recorder()
    chat.handleJoinChannels(ada, ['red'])
    send('red', 'x'.repeat(100))
    expect(ada.writes).toHaveLength(1)
  })

  test('cuts a turn short that has taken too long, so that its first message does not wait for its last', () => {
    const { chat, clock, send } = setUp()
    const ada = new Recorder()
    chat.handleJoinChannels(ada, ['red'])
    for (let count = 0; count < 63; count++) send('red', 'x')
    clock.ms += 51
    send('red', 'x')
    expect(ada.bodies).toHaveLength(64)
  })

  test('waits another turn when writing takes most of the time and messages keep coming, and stops waiting at silence', () => {
    const { chat, pace, tasks, endTurn, send } = setUp({ busyWaitMs: 20 })
    const ada = new Recorder()
    chat.handleJoinChannels(ada, ['red'])
    for (let start = -1000; start < 0; start += 10) pace.noteFlush(start, start + 9)
    send('red', '1')
    endTurn()
    expect(ada.writes).toHaveLength(0)
    send('red', '2')
    endTurn()
    expect(ada.writes).toHaveLength(0)
    endTurn()
    expect([ada.writes.length, ada.bodies, tasks.length]).toEqual([1, ['1', '2'], 0])
  })

  test('never waits at low load', () => {
    const { chat, pace, endTurn, send } = setUp({ busyWaitMs: 20 })
    const ada = new Recorder()
    chat.handleJoinChannels(ada, ['red'])
    for (let start = -1000; start < 0; start += 10) pace.noteFlush(start, start + 1)
    send('red', '1')
    endTurn()
    expect(ada.bodies).toEqual(['1'])
  })

  test('delivers every message to its members once, wherever turns end', () => {
    const step = fc.oneof(
      fc.record({ channel: fc.integer({ min: 0, max: 3 }), kind: fc.constant('send' as const) }),
      fc.record({ channel: fc.constant(0), kind: fc.constant('turn' as const) }),
    )
    const memberships = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(memberships, fc.array(step), (joined, steps) => {
        const { chat, endTurn, send } = setUp({ maxTurnLength: 300 })
        const members = joined.map(channels => {
          const member = new Recorder()
          chat.handleJoinChannels(
            member,
            channels.map(channel => `c${channel}`),
          )
          return { member, channels }
        })
        for (const [index, { kind, channel }] of steps.entries()) {
          if (kind === 'turn') endTurn()
          else send(`c${channel}`, `${index}`)
        }
        endTurn()
        for (const { member, channels } of members) {
          const due = steps.flatMap(({ kind, channel }, index) => (kind === 'send' && channels.includes(channel) ? [`${index}`] : []))
          expect(member.bodies.sort()).toEqual(due.sort())
        }
      }),
    )
  })
})
