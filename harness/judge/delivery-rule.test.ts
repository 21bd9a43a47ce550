import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { HistoryRecorder } from '../record/history-recorder.ts'
import { judgeHistory } from './delivery-rule.ts'
import { playRightServer, type Plan } from './right-server-fixture.ts'
import { evidenceOf } from './violation-evidence.ts'

const time = fc.integer({ min: 0, max: 1000 })
const length = fc.integer({ min: 0, max: 300 })
const plan: fc.Arbitrary<Plan> = fc.record({
  clients: fc.array(
    fc.record({ closeAtMs: fc.option(time, { nil: null, freq: 3 }), closedBy: fc.constantFrom('us' as const, 'server' as const) }),
    { minLength: 2, maxLength: 6 },
  ),
  joins: fc.array(fc.record({ client: fc.nat(5), channel: fc.nat(2), callAtMs: time, effectAfterMs: length, ackAfterMs: length }), {
    maxLength: 20,
  }),
  sends: fc.array(
    fc.record({
      client: fc.nat(5),
      channel: fc.nat(2),
      callAtMs: time,
      effectAfterMs: length,
      readAfterMs: fc.array(length, { minLength: 6, maxLength: 6 }),
    }),
    { maxLength: 20 },
  ),
  isSecondPhase: fc.boolean(),
})

test('a right server is never found at fault, whatever overlaps', () => {
  fc.assert(
    fc.property(plan, one => {
      expect(judgeHistory(playRightServer(one))).toEqual([])
    }),
    { numRuns: 500 },
  )
})

test('a delivery that must be there and is taken away is found', () => {
  expectFound((history, pick) => {
    const musts = history.reads.filter(read => isMust(history, read))
    const victim = musts[pick % Math.max(1, musts.length)]
    if (victim === undefined) return null
    history.reads.splice(history.reads.indexOf(victim), 1)
    return { kind: 'lost', client: victim.client, message: victim.message }
  })
})

test('a delivery that comes twice is found', () => {
  expectFound((history, pick) => {
    const read = history.reads[pick % Math.max(1, history.reads.length)]
    if (read === undefined) return null
    history.reads.push({ ...read, atMs: read.atMs + 5 })
    return { kind: 'duplicated', client: read.client, message: read.message }
  })
})

test('a delivery to someone who never asked for the channel is found', () => {
  expectFound((history, pick) => {
    const message = pick % Math.max(1, history.messages.length)
    const channel = history.messages[message]?.channel
    const stranger = history.clients.findIndex(
      (_, client) => !history.joins.some(join => join.client === client && join.channels.includes(channel ?? -1)),
    )
    if (channel === undefined || stranger < 0) return null
    history.reads.push({ client: stranger, message, atMs: 5000 })
    return { kind: 'misdelivered', client: stranger, message }
  })
})

test('a message that was over before its reader asked to join is found', () => {
  expectFound((history, pick) => {
    const quietAtMs = history.quietAtMs.at(-1) ?? 0
    const message = pick % Math.max(1, history.messages.length)
    const sent = history.messages[message]
    if (sent === undefined) return null
    const receivers = history.joins.filter(join => join.channels.includes(sent.channel)).map(join => join.client)
    const isOver = receivers.every(
      client =>
        history.clients[client]?.closedAtMs !== null || history.reads.some(read => read.client === client && read.message === message),
    )
    if (!isOver) return null
    const late = history.addClient('late')
    history.client(late).openedAtMs = quietAtMs + 1
    const name = history.channels[sent.channel] ?? ''
    history.joinCalled(late, 1, [name], quietAtMs + 2).doneAtMs = quietAtMs + 3
    history.read(late, name, sent.body, quietAtMs + 4)
    return { kind: 'history', client: late, message }
  })
})

test('a changed body, a changed channel and a close that nothing provoked are found', () => {
  const recorder = new HistoryRecorder()
  const reader = recorder.addClient('reader')
  recorder.client(reader).openedAtMs = 0
  recorder.joinCalled(reader, 1, ['red', 'blue'], 1).doneAtMs = 2
  const message = recorder.messageCalled(reader, 'red', 'a body of its own kind', 3)
  recorder.read(reader, 'red', 'a body of its own kind', 4)
  recorder.read(reader, 'blue', 'a body of its own kind', 5)
  recorder.read(reader, 'red', 'a body of its own mind', 6)
  recorder.client(reader).closedAtMs = 7
  recorder.quiet(8)
  expect(judgeHistory(recorder).map(({ kind }) => kind)).toEqual(['misdelivered', 'corrupted', 'dropped'])
  expect(judgeHistory(recorder)[1]).toMatchObject({ message })
})

test('what was sent after the last quiet moment is not judged as lost, and a paused reader that came back is', () => {
  const recorder = new HistoryRecorder()
  const [reader, sender] = [recorder.addClient('reader'), recorder.addClient('sender')]
  recorder.client(reader).openedAtMs = 0
  recorder.client(sender).openedAtMs = 0
  recorder.joinCalled(reader, 1, ['red'], 1).doneAtMs = 2
  recorder.messageCalled(sender, 'red', 'first', 3)
  expect(judgeHistory(recorder)).toEqual([])
  recorder.quiet(4)
  expect(judgeHistory(recorder)).toEqual([{ kind: 'lost', client: reader, message: 0 }])
  recorder.client(reader).stoppedReadingAtMs = 3.5
  expect(judgeHistory(recorder)).toEqual([])
})

test('the evidence of a stray message shows which channel its reader had asked for instead', () => {
  const recorder = new HistoryRecorder()
  const [ada, bob] = [recorder.addClient('ada'), recorder.addClient('bob')]
  recorder.joinCalled(ada, 1, ['red'], 10).doneAtMs = 12
  recorder.joinCalled(bob, 1, ['red-2', 'b', 'c', 'd'], 10).doneAtMs = 13
  recorder.messageCalled(ada, 'red', 'hello', 20)
  recorder.read(ada, 'red', 'hello', 21)
  recorder.read(bob, 'red', 'hello', 22)
  recorder.quiet(30)
  const [evidence] = evidenceOf(recorder, judgeHistory(recorder))
  expect(evidence?.kind).toBe('misdelivered')
  expect(evidence?.events.map(({ text }) => text)).toContain(
    'asks to join "red-2", "b", "c" and 1 more, and not the channel of the message',
  )
})

test('the evidence of a loss names reader, sender, acknowledgement and message', () => {
  const recorder = new HistoryRecorder()
  const [ada, bob] = [recorder.addClient('ada'), recorder.addClient('bob')]
  recorder.client(ada).openedAtMs = 0
  recorder.client(bob).openedAtMs = 0
  recorder.joinCalled(ada, 1, ['red'], 10).doneAtMs = 12
  recorder.joinCalled(bob, 1, ['red'], 10).doneAtMs = 13
  recorder.messageCalled(bob, 'red', 'hello', 20)
  recorder.read(bob, 'red', 'hello', 21)
  recorder.quiet(30)
  const [evidence] = evidenceOf(recorder, judgeHistory(recorder))
  expect(evidence).toMatchObject({ kind: 'lost', lanes: ['bob', 'ada'], occurrences: 1 })
  expect(evidence?.text).toBe('ada had been told that it joined "red" before bob sent "hello", and never read it.')
  expect(evidence?.events.map(event => `${event.lane} ${event.kind}`)).toEqual([
    'bob join',
    'ada join',
    'ada joined',
    'bob joined',
    'bob send',
    'bob read',
    'ada missing',
  ])
})

type Injected = Readonly<Record<string, unknown>> | null

function expectFound(inject: (history: HistoryRecorder, pick: number) => Injected): void {
  let injections = 0
  fc.assert(
    fc.property(plan, fc.nat(1000), (one, pick) => {
      const history = playRightServer(one)
      const expected = inject(history, pick)
      if (expected === null) return
      injections++
      expect(judgeHistory(history)).toContainEqual(expect.objectContaining(expected))
    }),
    { numRuns: 500 },
  )
  expect(injections).toBeGreaterThan(50)
}

/** Must, said a second time in the plainest words, so that the rule is not its own witness. */
function isMust(history: HistoryRecorder, read: { client: number; message: number }): boolean {
  const message = history.messages[read.message]
  if (message === undefined) return false
  const quietAtMs = history.quietAtMs.find(quiet => quiet > message.callAtMs) ?? -1
  const stays = (client: number): boolean => {
    const { closeCalledAtMs, closedAtMs } = history.client(client)
    return (closeCalledAtMs ?? Infinity) > quietAtMs && (closedAtMs ?? Infinity) > quietAtMs
  }
  const joinedBefore = history.joins.some(
    join => join.client === read.client && join.channels.includes(message.channel) && (join.doneAtMs ?? Infinity) < message.callAtMs,
  )
  return joinedBefore && stays(read.client) && stays(message.client)
}
