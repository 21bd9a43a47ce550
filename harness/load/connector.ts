/** Brings users in: many at a time, but never more than a listen queue holds, from loopback addresses enough that ports do not run out. */
import type { ChatAddress } from '../wire/chat-socket.ts'
import { createReadArea, type ReadArea } from '../wire/read-area.ts'
import type { PlanCohort } from '../scenario/plan-cohorts.ts'
import type { LoadUser } from './load-user.ts'

const MAX_CONNECTING = 128
/** Users a source address; each address of the loopback range has about 28,000 ports of its own. */
const USERS_PER_ADDRESS = 10_000
/** A user that has not joined so long after it began to connect is let go of. */
export const CONNECT_TIMEOUT_US = 30_000_000
/** Larger reads would push the processor's caches out; smaller ones would cost more system calls. */
const FULL_SPEED_READ_BYTES = 256 * 1024
/** A throttled reader reads in steps of about this share of a second's bytes. */
const THROTTLED_READS_PER_SECOND = 20

export class Connector {
  readonly #address: ChatAddress
  readonly #areas: readonly ReadArea[]
  readonly #nowUs: () => number
  readonly #waiting: LoadUser[] = []
  readonly #connecting = new Set<LoadUser>()
  #nextWaiting = 0

  constructor(address: ChatAddress, cohorts: readonly PlanCohort[], nowUs: () => number) {
    this.#address = address
    this.#nowUs = nowUs
    this.#areas = cohorts.map(cohort => createReadArea(readBytesOf(cohort)))
  }

  get isIdle(): boolean {
    return this.#connecting.size === 0 && this.#nextWaiting === this.#waiting.length
  }

  /** Users who wait for others to be let in, each once. */
  get waiting(): ReadonlySet<LoadUser> {
    return new Set(this.#waiting.slice(this.#nextWaiting).filter(user => user.socket === null))
  }

  add(user: LoadUser): void {
    this.#waiting.push(user)
    this.#fill()
  }

  /** The user has joined or failed: its place is free. */
  done(user: LoadUser): void {
    if (this.#connecting.delete(user)) this.#fill()
  }

  /** Users that have been connecting or joining for too long. */
  overdue(): LoadUser[] {
    const limitUs = this.#nowUs() - CONNECT_TIMEOUT_US
    return [...this.#connecting].filter(user => user.connectUs < limitUs)
  }

  /** Users that are still to come are left out. */
  cancel(): void {
    this.#waiting.length = 0
    this.#nextWaiting = 0
  }

  #fill(): void {
    while (this.#connecting.size < MAX_CONNECTING && this.#nextWaiting < this.#waiting.length) {
      const user = this.#waiting[this.#nextWaiting++]
      const area = user === undefined ? undefined : this.#areas[user.cohort]
      // One who waited so long that its next turn came is in the queue twice, but comes once.
      if (user === undefined || area === undefined || user.socket !== null) continue
      this.#connecting.add(user)
      user.connect(this.#address, area, sourceAddress(this.#address.host, user.index))
    }
    if (this.#nextWaiting === this.#waiting.length) this.cancel()
  }
}

/**
 * Towards a loopback server every 10,000 users share a source address of their own. Elsewhere the system chooses, and off Linux, where
 * 127.0.0.1 is all there is of the loopback range.
 */
function sourceAddress(host: string, user: number): string | undefined {
  if (process.platform !== 'linux' || !host.startsWith('127.')) return undefined
  const number = 1 + Math.floor(user / USERS_PER_ADDRESS)
  return `127.0.${number >>> 8}.${number & 255}`
}

function readBytesOf(cohort: PlanCohort): number {
  if (cohort.reading !== 'throttled') return FULL_SPEED_READ_BYTES
  return Math.min(65_536, Math.max(1024, Math.round(cohort.bytesPerSecond / THROTTLED_READS_PER_SECOND)))
}
