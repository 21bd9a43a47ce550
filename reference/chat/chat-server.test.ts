import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChatServer } from './chat-server.ts'
import type { Connection, Message } from './chat-server.ts'

class Inbox implements Connection {
  readonly messages: Message[] = []

  writeMessage(message: Message): void {
    this.messages.push(message)
  }
}

function messageTo(channel: string, body = 'hi'): Message {
  return { type: 'message', channel, body }
}

describe('ChatServer', () => {
  test('delivers to every member of a channel once, the sender too, and to nobody else', () => {
    const chat = new ChatServer()
    const [ada, bob, eve] = [new Inbox(), new Inbox(), new Inbox()]
    chat.handleJoinChannels(ada, ['red', 'red'])
    chat.handleJoinChannels(ada, ['red'])
    chat.handleJoinChannels(bob, ['red', 'blue'])
    chat.handleJoinChannels(eve, ['Red', 'red ', '__proto__', 'constructor'])
    chat.handleRequestToSendMessage(ada, messageTo('red'))
    expect([ada.messages.length, bob.messages.length, eve.messages.length]).toEqual([1, 1, 0])
  })

  test('takes __proto__ and constructor for channel names like any other', () => {
    const chat = new ChatServer()
    const ada = new Inbox()
    chat.handleJoinChannels(ada, ['__proto__'])
    chat.handleRequestToSendMessage(ada, messageTo('constructor'))
    chat.handleRequestToSendMessage(ada, messageTo('__proto__'))
    expect(ada.messages).toEqual([messageTo('__proto__')])
  })

  test('an empty channel is gone', () => {
    const chat = new ChatServer()
    const ada = new Inbox()
    chat.handleJoinChannels(ada, ['red', 'blue'])
    chat.handleDisconnect(ada)
    chat.handleDisconnect(ada)
    expect(chat.channelCount).toBe(0)
  })

  test('a user name that connects again replaces the older connection, whose late clean-up does not hurt the newer one', () => {
    const chat = new ChatServer()
    const [older, newer] = [new Inbox(), new Inbox()]
    expect(chat.handleNewConnection(older, 'ada')).toBeUndefined()
    chat.handleJoinChannels(older, ['red'])
    expect(chat.handleNewConnection(newer, 'ada')).toBe(older)
    chat.handleJoinChannels(newer, ['red'])
    chat.handleDisconnect(older)
    chat.handleRequestToSendMessage(newer, messageTo('red'))
    expect([older.messages.length, newer.messages.length]).toEqual([0, 1])
    expect(chat.handleNewConnection(new Inbox(), 'ada')).toBe(newer)
  })

  test('saying hello twice with the same name replaces nobody, and with another name frees the first', () => {
    const chat = new ChatServer()
    const ada = new Inbox()
    chat.handleNewConnection(ada, 'ada')
    expect(chat.handleNewConnection(ada, 'ada')).toBeUndefined()
    chat.handleNewConnection(ada, 'lovelace')
    expect(chat.handleNewConnection(new Inbox(), 'ada')).toBeUndefined()
    expect(chat.usernameCount).toBe(2)
  })
})

/** The plainest thing that could be right: one list of who is where, searched from end to end. */
class Model {
  memberships: { connection: number; channel: string }[] = []
  names = new Map<number, string>()
  received: string[][] = [[], [], [], []]
}

class Real {
  readonly chat = new ChatServer<Inbox>()
  readonly inboxes = [new Inbox(), new Inbox(), new Inbox(), new Inbox()]

  inbox(index: number): Inbox {
    const inbox = this.inboxes[index]
    if (inbox === undefined) throw new Error(`Expected an inbox from 0 to 3, got ${index}`)
    return inbox
  }
}

function forget(model: Model, connection: number): void {
  model.memberships = model.memberships.filter(membership => membership.connection !== connection)
  model.names.delete(connection)
}

class Join implements fc.Command<Model, Real> {
  readonly connection: number
  readonly channels: readonly string[]
  constructor(connection: number, channels: readonly string[]) {
    this.connection = connection
    this.channels = channels
  }
  check(): boolean {
    return true
  }
  run(model: Model, real: Real): void {
    real.chat.handleJoinChannels(real.inbox(this.connection), this.channels)
    for (const channel of this.channels) {
      const isMember = model.memberships.some(entry => entry.connection === this.connection && entry.channel === channel)
      if (!isMember) model.memberships.push({ connection: this.connection, channel })
    }
    expect(real.chat.channelCount).toBe(new Set(model.memberships.map(entry => entry.channel)).size)
  }
  toString(): string {
    return `join(${this.connection}, ${JSON.stringify(this.channels)})`
  }
}

class Send implements fc.Command<Model, Real> {
  readonly connection: number
  readonly channel: string
  constructor(connection: number, channel: string) {
    this.connection = connection
    this.channel = channel
  }
  check(): boolean {
    return true
  }
  run(model: Model, real: Real): void {
    real.chat.handleRequestToSendMessage(real.inbox(this.connection), messageTo(this.channel))
    for (const { connection, channel } of model.memberships) if (channel === this.channel) model.received[connection]?.push(channel)
    expect(real.inboxes.map(inbox => inbox.messages.map(message => message.channel))).toEqual(model.received)
  }
  toString(): string {
    return `send(${this.connection}, ${this.channel})`
  }
}

class Leave implements fc.Command<Model, Real> {
  readonly connection: number
  constructor(connection: number) {
    this.connection = connection
  }
  check(): boolean {
    return true
  }
  run(model: Model, real: Real): void {
    real.chat.handleDisconnect(real.inbox(this.connection))
    forget(model, this.connection)
    expect(real.chat.channelCount).toBe(new Set(model.memberships.map(entry => entry.channel)).size)
    expect(real.chat.usernameCount).toBe(model.names.size)
  }
  toString(): string {
    return `leave(${this.connection})`
  }
}

class Hello implements fc.Command<Model, Real> {
  readonly connection: number
  readonly username: string
  constructor(connection: number, username: string) {
    this.connection = connection
    this.username = username
  }
  check(): boolean {
    return true
  }
  run(model: Model, real: Real): void {
    const holder = [...model.names].find(([, name]) => name === this.username)?.[0]
    const replaced = real.chat.handleNewConnection(real.inbox(this.connection), this.username)
    const expected = holder === undefined || holder === this.connection ? undefined : holder
    if (expected !== undefined) forget(model, expected)
    model.names.set(this.connection, this.username)
    expect(replaced).toBe(expected === undefined ? undefined : real.inbox(expected))
    expect(real.chat.usernameCount).toBe(model.names.size)
  }
  toString(): string {
    return `hello(${this.connection}, ${this.username})`
  }
}

test('behaves like the plain model under any sequence of joins, sends, hellos and disconnects', () => {
  const connection = fc.integer({ min: 0, max: 3 })
  const channel = fc.constantFrom('red', 'blue', '__proto__', 'é', 'e\u0301')
  const commands = [
    fc.tuple(connection, fc.array(channel, { maxLength: 4 })).map(([c, channels]) => new Join(c, channels)),
    fc.tuple(connection, channel).map(([c, name]) => new Send(c, name)),
    fc.tuple(connection, fc.constantFrom('ada', 'bob')).map(([c, name]) => new Hello(c, name)),
    connection.map(c => new Leave(c)),
  ]
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 60 }), sequence => {
      fc.modelRun(() => ({ model: new Model(), real: new Real() }), sequence)
    }),
  )
})
