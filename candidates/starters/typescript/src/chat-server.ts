/**
 * The chat server: the one file you fill in.
 *
 * Handlers are async, and the next request's handler is started without waiting for the one before, also on the same
 * connection: wherever a handler awaits, another one may run.
 */
import type { Connection, Message } from './connection.ts'

export class ChatServer {
  /** `conn` wants to join these channels. Once this has returned, the client is told that it has joined. */
  async handleJoinChannels(conn: Connection, channels: string[]): Promise<void> {
    // TODO (stage 1)
  }

  /** `conn` wants `message.body` to reach every member of `message.channel`. */
  async handleRequestToSendMessage(conn: Connection, message: Message): Promise<void> {
    // TODO (stage 1)
  }

  /** `conn` has ended. Called once for each connection; other handlers for it may still be under way. */
  async handleDisconnect(conn: Connection): Promise<void> {
    // TODO (stage 1)
  }

  /** Optional follow-up: `conn` says who it is. Once this has returned, the client is welcomed. */
  async handleNewConnection(conn: Connection, username: string): Promise<void> {
    // TODO (follow-up; then declare `usernames` in candidate.yaml)
  }
}
