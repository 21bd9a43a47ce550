/** After the schedule: what is still missing at this worker's users, of all that any worker sent. */
import { balanceOf, type ChannelSends, type Ledger, sendsByChannel } from './ledger.ts'
import type { MessageTable } from './message-table.ts'

export class Settlement {
  readonly number: number
  readonly sends: readonly ChannelSends[]
  readonly #ledger: Ledger
  readonly #isHeldTo: (user: number) => boolean
  /** [channel, row] pairs that lacked something at the last look; nobody loses what they have. */
  #open: (readonly [number, number])[] = []

  constructor(number: number, ledger: Ledger, table: MessageTable, isHeldTo: (user: number) => boolean) {
    this.number = number
    this.#ledger = ledger
    this.#isHeldTo = isHeldTo
    this.sends = sendsByChannel(table, ledger.channels.length)
    ledger.channels.forEach(({ members }, channel) => members.forEach((_, row) => this.#open.push([channel, row])))
  }

  /** Deliveries that must have come and have not. */
  missing(): number {
    let missing = 0
    this.#open = this.#open.filter(([channel, row]) => {
      const ledger = this.#ledger.channels[channel]
      const sends = this.sends[channel]
      const user = ledger?.members[row]
      if (ledger === undefined || sends === undefined || user === undefined || !this.#isHeldTo(user)) return false
      const count = balanceOf(ledger, row, sends, this.#ledger.mustFromUs[user] ?? Infinity).missing.length
      missing += count
      return count > 0
    })
    return missing
  }
}
