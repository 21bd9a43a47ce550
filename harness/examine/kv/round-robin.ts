/** A client that goes round the nodes and tries the next where one fails, as the contract has it. */
import type { KvUser } from './kv-user.ts'
import type { Persistence } from './persistence.ts'

export interface RoundRobinOptions {
  /** One user for each node, of one client. */
  readonly users: readonly KvUser[]
  readonly key: string
  readonly name: string
  /** Longest wait for one node, in ms. */
  readonly tryMs: number
}

export interface Request {
  readonly calledAtMs: number
  /** `null` while no node has answered it. */
  answeredAtMs: number | null
  tries: number
  /** Why the last try failed. */
  lastReason: string
  /** What the node that answered it took; 0 while none has. */
  answerMs: number
}

const ROUND_PAUSE_MS = 50
const THINK_MS = 5

/** Goes on with one request after the other until it is stopped; a request is tried until a node answers it. */
export class RoundRobin {
  /** The last one may be under way. */
  readonly requests: Request[] = []
  readonly #on: Persistence
  readonly #options: RoundRobinOptions
  readonly #playing: Promise<void>
  #turn = 0
  #isOver = false

  constructor(on: Persistence, options: RoundRobinOptions) {
    this.#on = on
    this.#options = options
    this.#playing = this.#play()
    this.#playing.catch(() => undefined)
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#playing
  }

  /** Those that were under way then, or were called later. */
  since(sinceMs: number): Request[] {
    return this.requests.filter(({ answeredAtMs }) => (answeredAtMs ?? Infinity) >= sinceMs)
  }

  /** A request that is under way has waited until now. */
  waitMs({ calledAtMs, answeredAtMs }: Request): number {
    return (answeredAtMs ?? this.#on.nowMs()) - calledAtMs
  }

  async #play(): Promise<void> {
    while (!this.#isOver) {
      const request: Request = { calledAtMs: this.#on.nowMs(), answeredAtMs: null, tries: 0, lastReason: '', answerMs: 0 }
      this.requests.push(request)
      await this.#ask(request, this.requests.length)
      await this.#on.patience.pause(THINK_MS)
    }
  }

  async #ask(request: Request, number: number): Promise<void> {
    const { users, key, name, tryMs } = this.#options
    while (!this.#isOver) {
      for (const _ of users) {
        const user = users[this.#turn++ % users.length]
        if (user === undefined || this.#isOver) return
        request.tries += 1
        const triedAtMs = this.#on.nowMs()
        const answer = number % 3 === 0 ? await user.read(key, tryMs) : await user.write(key, `${name} ${number}~${request.tries}`, tryMs)
        if (answer.outcome === 'ok' || answer.outcome === 'absent') {
          request.answeredAtMs = this.#on.nowMs()
          request.answerMs = request.answeredAtMs - triedAtMs
          return
        }
        request.lastReason = `${user.node.name}: ${answer.reason}`
      }
      await this.#on.patience.pause(ROUND_PAUSE_MS)
    }
  }
}
