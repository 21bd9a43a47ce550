import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { resetSocket } from '../../wire/reset-socket.ts'
import { RelayFlow } from './relay-flow.ts'

/**
 * How the relay is cut. `silent`: what is sent is accepted by nobody and answered by nobody, as where a cable was pulled; new connections open
 * and stay silent. `reset`: connections are reset, those that are under way and every new one. `way` says what no longer arrives: what the
 * dialling node sends (`there`), what it is answered (`back`), or `both`; a reset always takes both.
 */
export interface Cut {
  readonly manner: 'silent' | 'reset'
  readonly way: 'there' | 'back' | 'both'
}

export interface RelayOptions {
  /** Where it listens, on a port that is free. */
  readonly host: string
  /** Asked at each connection, since a node may listen elsewhere after a restart. */
  target(): { readonly host: string; readonly port: number }
  /** A monotonic clock, in ms. */
  readonly nowMs: () => number
}

interface Link {
  readonly dialler: Socket
  /** Undefined while nothing of it may go there. */
  target: Socket | undefined
  there: RelayFlow | undefined
  back: RelayFlow | undefined
  /** The cut took something of it, or held it back: it cannot be whole again. */
  wasCut: boolean
}

/** Past this, new connections are closed at once: a node that opens more to one peer is not to take the harness down. */
const MAX_LINKS = 2048

/** What one node finds at a peer's address: a door that can be cut, slowed down or held. Sound until told otherwise. */
export class Relay {
  readonly #options: RelayOptions
  readonly #server: Server
  readonly #links = new Set<Link>()
  #cut: Cut | null = null
  #isPaused = false
  #delayMs = 0
  #port = 0
  /** Of links that are no more. */
  #bytesBefore = 0

  static async open(options: RelayOptions): Promise<Relay> {
    const relay = new Relay(options)
    relay.#server.listen(0, options.host)
    await once(relay.#server, 'listening')
    const address = relay.#server.address()
    if (typeof address === 'object' && address !== null) relay.#port = address.port
    return relay
  }

  private constructor(options: RelayOptions) {
    this.#options = options
    this.#server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, dialler => this.#accept(dialler))
    this.#server.maxConnections = MAX_LINKS
  }

  get host(): string {
    return this.#options.host
  }

  get port(): number {
    return this.#port
  }

  /** Connections that are open now, those that are cut with them. */
  get links(): number {
    return this.#links.size
  }

  /** Bytes that have come in so far, either way. */
  get passedBytes(): number {
    return [...this.#links].reduce((sum, link) => sum + takenBytes(link), this.#bytesBefore)
  }

  cut(cut: Cut): void {
    this.#cut = cut
    for (const link of this.#links) {
      link.wasCut = true
      if (cut.manner === 'reset') this.#reset(link)
    }
    this.#applyAll()
  }

  /** Holds everything back and loses nothing, until `heal`. */
  pause(): void {
    this.#isPaused = true
    this.#applyAll()
  }

  /** Each byte arrives so much later, either way; from 0 to 60,000 ms. What is on its way already keeps its time. */
  delay(ms: number): void {
    if (!(ms >= 0 && ms <= 60_000)) throw new RangeError(`Expected a delay from 0 to 60000 ms, got ${ms}.`)
    this.#delayMs = ms
    this.#applyAll()
  }

  /** Sound again: connections that were cut are reset, those that were paused go on, and nothing is delayed. */
  heal(): void {
    this.#cut = null
    this.#isPaused = false
    this.#delayMs = 0
    for (const link of this.#links) if (link.wasCut) this.#reset(link)
    for (const link of this.#links) if (link.target === undefined) this.#dial(link)
    this.#applyAll()
  }

  async close(): Promise<void> {
    for (const link of this.#links) this.#reset(link)
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(dialler: Socket): void {
    const link: Link = { dialler, target: undefined, there: undefined, back: undefined, wasCut: this.#cut !== null }
    dialler.on('error', () => this.#reset(link))
    dialler.on('close', () => this.#forget(link))
    this.#links.add(link)
    if (this.#cut?.manner === 'reset') return this.#reset(link)
    const isHeld = this.#isPaused || (this.#cut !== null && this.#cut.way !== 'back')
    if (!isHeld) this.#dial(link)
  }

  #dial(link: Link): void {
    const target = connect({ ...this.#options.target(), allowHalfOpen: true, noDelay: true })
    link.target = target
    target.on('error', () => this.#reset(link))
    target.on('close', () => this.#forget(link))
    const { nowMs } = this.#options
    link.there = new RelayFlow(link.dialler, target, nowMs)
    link.back = new RelayFlow(target, link.dialler, nowMs)
    this.#apply(link)
  }

  #applyAll(): void {
    for (const link of this.#links) this.#apply(link)
  }

  #apply(link: Link): void {
    const way = this.#cut?.way
    link.there?.set({ delayMs: this.#delayMs, isHeld: this.#isPaused || way === 'there' || way === 'both' })
    link.back?.set({ delayMs: this.#delayMs, isHeld: this.#isPaused || way === 'back' || way === 'both' })
  }

  #forget(link: Link): void {
    const isOver = link.dialler.destroyed && (link.target?.destroyed ?? true)
    if (isOver) this.#remove(link)
    else if (link.dialler.errored !== null || link.target?.errored != null) this.#reset(link)
  }

  #reset(link: Link): void {
    this.#remove(link)
    link.there?.end()
    link.back?.end()
    resetSocket(link.dialler)
    if (link.target !== undefined) resetSocket(link.target)
  }

  #remove(link: Link): void {
    if (this.#links.delete(link)) this.#bytesBefore += takenBytes(link)
  }
}

function takenBytes({ there, back }: Link): number {
  return (there?.takenBytes ?? 0) + (back?.takenBytes ?? 0)
}
