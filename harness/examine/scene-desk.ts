import type { HistoryRecorder } from '../record/history-recorder.ts'
import type { ChatAddress } from '../wire/chat-socket.ts'
import type { ReadArea } from '../wire/read-area.ts'
import type { Actor, JoinTicket } from './actor.ts'
import type { PendingDeliveries } from './pending-deliveries.ts'

/** What a scene shares with its actors. */
export interface SceneDesk {
  readonly address: ChatAddress
  readonly area: ReadArea
  readonly recorder: HistoryRecorder
  readonly pending: PendingDeliveries
  readonly nowMs: () => number
  /** A body that no other message of any scene has. */
  freshBody(): string
  /** Somebody read a message twice, or one of a channel that they never asked to join. */
  misread(): void
  /** Somebody read a delivery or an answer; pings, and types that nobody knows, may come for ever. */
  heard(): void
  wake(): void
  /**
   * Ticket `i` belongs to actor `i`. Waits until each is acknowledged or refused, or its connection closed, as long as the contract allows a server
   * since the last of them was; then records that it is stuck, and ends the check.
   */
  settledAll(actors: readonly Actor[], tickets: readonly JoinTicket[]): Promise<void>
}
