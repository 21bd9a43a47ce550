/**
 * The guard against getting slower that no busy machine can trip: it counts work (writes, encodings, allocations), not time. What each
 * figure is worth in microseconds stands in docs/performance.md.
 */
import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { broadcastPlan } from '../harness/bench/broadcast-plan.ts'
import { GeneratorWatch } from '../harness/load/generator-watch.ts'
import { Intake, type Reader } from '../harness/load/intake.ts'
import { Ledger } from '../harness/load/ledger.ts'
import { createLocalMemberships } from '../harness/load/memberships.ts'
import { createScheduleTime } from '../harness/load/schedule-time.ts'
import { FrameFramer } from '../harness/wire/frame-framer.ts'
import { writeBody } from '../harness/wire/payload.ts'
import { ChatServer } from '../reference/chat/chat-server.ts'
import { newCounters } from '../reference/chat/counters.ts'
import { FairShare } from '../reference/chat/fair-share.ts'
import { FlushPace } from '../reference/chat/flush-pace.ts'
import { limitsWith } from '../reference/chat/limits.ts'
import { LoadShedder } from '../reference/chat/load-shedder.ts'
import { Session, type SessionContext } from '../reference/chat/session.ts'
import { TurnDelivery } from '../reference/chat/turn-delivery.ts'
import { allocatedBytes } from './allocated-bytes.ts'

const OUTSTANDING = 28
const BODY = 'x'.repeat(100)

describe('the reference server', () => {
  test('writes once a connection and turn, and encodes once a channel, however many messages and members', () => {
    const room = openHall(1000, 1, 1)
    const work = room.playTurn(OUTSTANDING)
    expect(work).toEqual({ deliveries: 28_000, writes: 1000, buffers: 1 })
    // The same for a message alone: the cost of a turn is its members', not its messages'.
    expect(room.playTurn(1)).toEqual({ deliveries: 1000, writes: 1000, buffers: 1 })
  })

  test('writes only to the members of the channels that were sent to', () => {
    const rooms = openHall(1000, 100, 1)
    expect(rooms.playTurn(100)).toEqual({ deliveries: 1000, writes: 1000, buffers: 100 })
    expect(rooms.playTurn(1)).toEqual({ deliveries: 10, writes: 10, buffers: 1 })
  })

  test('joins what several channels bring once for all who are in the same ones', () => {
    const mesh = openHall(200, 20, 20)
    expect(mesh.playTurn(20)).toEqual({ deliveries: 4000, writes: 200, buffers: 1 })
  })

  test.each([
    // Measured 3.3, 100 and 17 bytes: about 1,000 bytes a message, shared by its receivers, and a little a connection and turn. One string
    // or buffer a receiver would be 150 bytes and more.
    ['a room of 1,000', 1000, 1, 1, OUTSTANDING, 6],
    ['100 rooms of 10', 1000, 100, 1, 1000, 150],
    ['a mesh of 200 in 20', 200, 20, 20, OUTSTANDING, 30],
  ])('makes nothing for a single delivery in %s', (_, users, channels, channelsPerUser, messages, limitBytes) => {
    const hall = openHall(users, channels, channelsPerUser)
    const deliveries = hall.playTurn(messages).deliveries
    const bytes = leastAllocated(() => {
      for (let turn = 0; turn < 10; turn++) hall.playTurn(messages)
    })
    expect(bytes / (deliveries * 10)).toBeLessThan(limitBytes)
  })
})

describe('the load engine', () => {
  test('makes nothing for a delivery that another user has read before', () => {
    const messages = 400
    const users = 300
    const wave = readingFleet(messages, users)
    wave(0, 50)
    let first = 50
    // Measured 3.2 bytes; one object a delivery would be 50 and more.
    const bytes = leastAllocated(() => wave(first, (first += 50)))
    expect(bytes / (messages * 50)).toBeLessThan(10)
  })
})

/** Of five rounds, as the first are played before V8 has compiled the code for good. */
function leastAllocated(work: () => void): number {
  return Math.min(...Array.from({ length: ROUNDS }, () => allocatedBytes(work)))
}
const ROUNDS = 5

/** Users who are in their channels, over sockets that only count. */
function openHall(users: number, channels: number, channelsPerUser: number) {
  const turnEnds: (() => void)[] = []
  const clock = { ms: 0 }
  const context = newContext(
    () => clock.ms,
    task => void turnEnds.push(task),
  )
  const written = { writes: 0, buffers: new Set<Uint8Array>() }
  const socket = {
    write(bytes: Uint8Array): boolean {
      written.writes++
      written.buffers.add(bytes)
      return true
    },
    once: () => undefined,
    cork: () => undefined,
    uncork: () => undefined,
    writableLength: 0,
    bytesRead: 0,
  }
  const link = { readyState: 1, close: () => undefined, terminate: () => undefined }
  const sessions = Array.from({ length: users }, (_, user) => {
    const session = new Session('ws', socket, link, context)
    const names = Array.from({ length: channelsPerUser }, (__, place) => `c${(user + place) % channels}`)
    session.handleText(JSON.stringify({ type: 'join', id: 1, channels: names.sort() }))
    return session
  })
  const endTurn = (): void => {
    for (const task of turnEnds.splice(0)) task()
  }
  endTurn()
  const sends = Array.from({ length: channels }, (_, channel) => JSON.stringify({ type: 'send', channel: `c${channel}`, body: BODY }))
  let sender = 0
  return {
    /** So many messages arrive in one turn of the event loop, to the channels in turn. */
    playTurn(messages: number): { deliveries: number; writes: number; buffers: number } {
      // A second later, so that no user's rate is ever in question.
      clock.ms += 1000
      written.writes = 0
      written.buffers.clear()
      const before = context.counters.deliveries
      for (let message = 0; message < messages; message++) sessions[sender++ % users]?.handleText(sends[message % channels] ?? '')
      endTurn()
      return { deliveries: context.counters.deliveries - before, writes: written.writes, buffers: written.buffers.size }
    },
  }
}

function newContext(now: () => number, atTurnEnd: (task: () => void) => void): SessionContext {
  const limits = limitsWith()
  const counters = newCounters()
  // It never waits for another turn, so that the test alone says what a turn is.
  const pace = new FlushPace({ busyWaitMs: 0, overloadWaitMs: 0 })
  const delivery = new TurnDelivery<Session>({
    maxTurnLength: limits.maxTurnLength,
    now,
    atTurnEnd,
    pace,
    onDelivered: (messages, deliveries) => {
      counters.messages += messages
      counters.deliveries += deliveries
    },
  })
  return {
    chat: new ChatServer<Session>(delivery),
    delivery,
    pace,
    fairShare: new FairShare(limits),
    shedder: new LoadShedder(),
    limits,
    counters,
    outbox: { limits, schedule: () => () => undefined, onQueuedBytes: () => undefined },
    sessions: new Set(),
    now,
  }
}

/** Gives what a room was sent to one user after the other, 16 messages a read, and takes account of it. */
function readingFleet(messages: number, users: number): (from: number, to: number) => void {
  const plan = broadcastPlan(messages, users)
  const ledger = new Ledger(plan, createLocalMemberships(plan, 0, 1))
  const nowUs = (): number => 20_000_000
  const watch = new GeneratorWatch(60_000, nowUs)
  watch.stop()
  const intake = new Intake({ plan, ledger, time: createScheduleTime(plan), text: 'ascii', watch, nowUs, onRead: () => undefined })
  const frames = Array.from({ length: messages }, (_, sequence) => frameOf(sequence, plan.messages.bodyBytes[sequence] ?? 0))
  const reads = Array.from({ length: Math.ceil(messages / 16) }, (_, read) => Buffer.concat(frames.slice(read * 16, (read + 1) * 16)))
  const framers = Array.from({ length: users }, (_, index) => {
    ledger.mustFromUs[index] = -1
    const reader: Reader = { index, cohort: 0, ownCopy: () => undefined, reply: () => undefined }
    return new FrameFramer({
      known: (bytes, start, end) => intake.takeKnown(reader, bytes, start, end),
      message: (bytes, start, end, frameStart, frameEnd) => intake.takeMessage(reader, bytes, start, end, frameStart, frameEnd),
      ping: () => undefined,
      pong: () => undefined,
      closeFrame: () => undefined,
      garbled: reason => {
        throw new Error(reason)
      },
    })
  })
  return (from, to) => {
    const before = intake.deliveries
    for (const read of reads) {
      for (let user = from; user < to; user++) {
        intake.beginRead()
        framers[user]?.feed(read, 0, read.length)
      }
    }
    if (intake.deliveries - before !== messages * (to - from)) throw new Error('Expected every delivery to be taken.')
  }
}

function frameOf(sequence: number, bodyBytes: number): Buffer {
  const body = Buffer.alloc(bodyBytes)
  writeBody(body, 0, { channel: 0, sequence, sender: 0, dueUs: sequence }, bodyBytes, 'ascii')
  const payload = Buffer.from(JSON.stringify({ type: 'message', channel: 'c0', body: body.toString('latin1') }))
  return Buffer.concat([Buffer.from([0x81, 126, payload.length >>> 8, payload.length & 255]), payload])
}
