/** A client that can be asked for a sign of life. */
export interface PingTarget {
  /** Notes whether the client said something since the last call; pings it if not, and gives it up if it was pinged then. */
  lookForLife(): void
}

/**
 * Finds dead peers with one timer for all: each tick looks at the next few clients, so that a full round takes a given number
 * of ticks and no tick has to look at all of them.
 */
export class PingSweep {
  private readonly clients: ReadonlySet<PingTarget>
  private readonly ticksPerRound: number
  private round: Iterator<PingTarget>

  constructor(clients: ReadonlySet<PingTarget>, ticksPerRound: number) {
    this.clients = clients
    this.ticksPerRound = ticksPerRound
    this.round = clients.values()
  }

  tick(): void {
    const count = Math.ceil(this.clients.size / this.ticksPerRound)
    for (let looked = 0; looked < count; looked++) {
      const { done, value } = this.round.next()
      if (done === true) {
        this.round = this.clients.values()
        return
      }
      value.lookForLife()
    }
  }
}
