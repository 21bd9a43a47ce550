import { Channel } from './channel.ts'

/** A chat message as the server sees it: a text for everyone in a channel. */
export interface Message {
  readonly type: 'message'
  readonly channel: string
  readonly body: string
}

/** One client, as far as the chat server can see: something to write messages to. Sockets, bytes and queues are behind it. */
export interface Connection {
  /** Accepts one message for the client. Never blocks and never throws: a slow client is its own problem, not the channel's. */
  writeMessage(message: Message): void
}

/** Brings a message to every member of a channel. */
export interface Delivery<C extends Connection> {
  deliver(channel: Channel<C>, message: Message): void
}

/** The plainest delivery there is: every member is handed the message now. */
const immediateDelivery: Delivery<Connection> = {
  deliver(channel, message) {
    for (const member of channel.members) member.writeMessage(message)
  },
}

interface Presence<C extends Connection> {
  username: string | undefined
  readonly channels: Set<Channel<C>>
}

/**
 * Who is in which channel, and nothing else.
 *
 * Handlers run to completion on one thread, so that no two of them overlap and no lock is needed; a port to a language with
 * threads needs one lock around each handler, or a lock a channel taken in the order of names.
 *
 * Every step is a look-up in a hash table: joining, leaving and finding a channel cost O(1) each, and a disconnect costs as
 * much as the connection had channels, however many others there are.
 */
export class ChatServer<C extends Connection = Connection> {
  private readonly channels = new Map<string, Channel<C>>()
  private readonly presences = new Map<C, Presence<C>>()
  private readonly connectionOf = new Map<string, C>()
  private readonly delivery: Delivery<C>

  constructor(delivery: Delivery<C> = immediateDelivery) {
    this.delivery = delivery
  }

  /**
   * Gives a connection its user name. A name belongs to the connection that claimed it last: the one that had it is out of
   * all its channels when this returns, and is returned for the caller to close.
   */
  handleNewConnection(connection: C, username: string): C | undefined {
    const presence = this.presenceOf(connection)
    if (presence.username !== undefined && presence.username !== username) this.releaseName(connection, presence.username)
    presence.username = username
    const older = this.connectionOf.get(username)
    this.connectionOf.set(username, connection)
    if (older === undefined || older === connection) return undefined
    this.handleDisconnect(older)
    return older
  }

  /** Makes a connection a member of each channel. A channel appears with its first member; joining twice is the same as once. */
  handleJoinChannels(connection: C, channelNames: Iterable<string>): void {
    const presence = this.presenceOf(connection)
    for (const name of channelNames) {
      const channel = this.channelNamed(name)
      channel.members.add(connection)
      presence.channels.add(channel)
    }
  }

  /** Sends a message to everyone in its channel, the sender too if it is a member. A channel that nobody is in has no one to tell. */
  handleRequestToSendMessage(_sender: C, message: Message): void {
    const channel = this.channels.get(message.channel)
    if (channel !== undefined) this.delivery.deliver(channel, message)
  }

  /** Takes a connection out of all its channels and frees its name. Harmless for a connection that is gone already. */
  handleDisconnect(connection: C): void {
    const presence = this.presences.get(connection)
    if (presence === undefined) return
    this.presences.delete(connection)
    for (const channel of presence.channels) this.leave(connection, channel)
    if (presence.username !== undefined) this.releaseName(connection, presence.username)
  }

  /** How many channels a connection is in. */
  channelCountOf(connection: C): number {
    return this.presences.get(connection)?.channels.size ?? 0
  }

  /** How many channels have at least one member. */
  get channelCount(): number {
    return this.channels.size
  }

  /** How many connections hold a user name. */
  get usernameCount(): number {
    return this.connectionOf.size
  }

  /** How many members a channel has; 0 where there is no such channel. */
  memberCountOf(channelName: string): number {
    return this.channels.get(channelName)?.members.size ?? 0
  }

  private presenceOf(connection: C): Presence<C> {
    let presence = this.presences.get(connection)
    if (presence === undefined) {
      presence = { username: undefined, channels: new Set() }
      this.presences.set(connection, presence)
    }
    return presence
  }

  private channelNamed(name: string): Channel<C> {
    let channel = this.channels.get(name)
    if (channel === undefined) {
      channel = new Channel(name)
      this.channels.set(name, channel)
    }
    return channel
  }

  private leave(connection: C, channel: Channel<C>): void {
    channel.members.delete(connection)
    if (channel.members.size === 0) this.channels.delete(channel.name)
  }

  /** A name may have moved on to a newer connection, whose claim must outlive the clean-up of the older one. */
  private releaseName(connection: C, username: string): void {
    if (this.connectionOf.get(username) === connection) this.connectionOf.delete(username)
  }
}
