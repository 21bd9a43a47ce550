import type { Socket } from 'node:net'

interface FlowState {
  readonly delayMs: number
  /** Nothing is read and nothing is written: what was read already waits, the rest waits in the kernel, and so at its sender. */
  readonly isHeld: boolean
}

interface Piece {
  /** `null` is the end of what is sent. */
  readonly bytes: Buffer | null
  readonly dueAtMs: number
}

/** Most bytes that wait here for one direction of one connection; past it nothing more is read, so that its sender feels it. */
const MAX_WAITING_BYTES = 256 * 1024

/** One direction of one connection: passes bytes on in their order, later by the delay, and never more than it has room for. */
export class RelayFlow {
  readonly #from: Socket
  readonly #to: Socket
  readonly #nowMs: () => number
  readonly #waiting: Piece[] = []
  #waitingBytes = 0
  #takenBytes = 0
  #state: FlowState = { delayMs: 0, isHeld: false }
  #timer: NodeJS.Timeout | undefined
  #isFull = false
  #hasEnded = false

  constructor(from: Socket, to: Socket, nowMs: () => number) {
    this.#from = from
    this.#to = to
    this.#nowMs = nowMs
    from.on('data', (bytes: Buffer) => this.#take(bytes))
    from.on('end', () => this.#take(null))
    to.on('drain', () => {
      this.#isFull = false
      this.#move()
    })
    from.pause()
  }

  /** Bytes that have come in so far. */
  get takenBytes(): number {
    return this.#takenBytes
  }

  set(state: FlowState): void {
    this.#state = state
    this.#move()
  }

  end(): void {
    this.#hasEnded = true
    clearTimeout(this.#timer)
    this.#waiting.length = 0
  }

  #take(bytes: Buffer | null): void {
    this.#waiting.push({ bytes, dueAtMs: this.#nowMs() + this.#state.delayMs })
    this.#waitingBytes += bytes?.length ?? 0
    this.#takenBytes += bytes?.length ?? 0
    this.#move()
  }

  #move(): void {
    if (this.#hasEnded) return
    clearTimeout(this.#timer)
    if (!this.#state.isHeld) this.#passOn()
    const isRoomy = !this.#state.isHeld && !this.#isFull && this.#waitingBytes < MAX_WAITING_BYTES
    if (isRoomy) this.#from.resume()
    else this.#from.pause()
  }

  #passOn(): void {
    const nowMs = this.#nowMs()
    for (let next = this.#waiting[0]; next !== undefined && !this.#isFull; next = this.#waiting[0]) {
      if (next.dueAtMs > nowMs) {
        this.#timer = setTimeout(() => this.#move(), Math.ceil(next.dueAtMs - nowMs))
        return
      }
      this.#waiting.shift()
      this.#waitingBytes -= next.bytes?.length ?? 0
      if (next.bytes === null) this.#to.end()
      else this.#isFull = !this.#to.write(next.bytes)
    }
  }
}
