/** All users that a worker plays: who is in, who is on the way, who left and why, and who comes and goes when. */
import { createLatencyHistogram, recordLatency } from '../record/latency-histogram.ts'
import type { Plan } from '../scenario/plan.ts'
import type { ChatSocket, CloseInfo } from '../wire/chat-socket.ts'
import { OWN_LIMITS } from '../wire/own-limits.ts'
import { shownJson } from '../wire/shown-json.ts'
import { CONNECT_TIMEOUT_US, Connector } from './connector.ts'
import { mayBeEvicted } from './eviction.ts'
import type { Intake } from './intake.ts'
import type { Ledger } from './ledger.ts'
import { LoadUser, type UserEvents } from './load-user.ts'
import { paceReader, releaseReader } from './reading-pace.ts'
import type { ScheduleTime } from './schedule-time.ts'
import type { WorkerSetup } from './transport.ts'

/** A user that comes or goes during the schedule. */
interface Movement {
  readonly atMs: number
  readonly user: LoadUser
  readonly comes: boolean
}

export interface FleetParts {
  readonly setup: WorkerSetup
  readonly plan: Plan
  readonly ledger: Ledger
  readonly intake: Intake
  readonly time: ScheduleTime
  readonly nowUs: () => number
  /** Called before the user's state is lost, for the messages that it had not read its own copies of. */
  onLeave(user: LoadUser): void
  onOwnCopy(user: LoadUser): void
  onJoined(user: LoadUser): void
  onReply(user: LoadUser, fields: Readonly<Record<string, unknown>>): void
  /** All users that come before the start have joined or failed. */
  onGathered(): void
}

const MAX_FAILURE_TEXTS = 20
/** A server that has not closed its side so long after a user left is let go of. */
const CLOSE_TIMEOUT_US = 5_000_000
/** A join without an answer for so long, when all else is quiet, will not be answered any more. */
const UNANSWERED_US = 5_000_000

export class UserFleet implements UserEvents {
  readonly users = new Map<number, LoadUser>()
  readonly joinLatency = createLatencyHistogram()
  readonly closeCodes: Record<string, number>[]
  readonly evicted: Float64Array
  readonly dropped: Float64Array
  /** When each user's current connection had joined (ms since the start; NaN: never). */
  readonly joinedAtMs: Float64Array
  readonly failures: string[] = []
  joined = 0
  everJoined = 0
  /** When the last join was acknowledged (µs since the start; 0: none was). */
  lastJoinedUs = 0
  /** Users that could not connect because this machine would not let them, and why. */
  unconnected = 0
  unconnectedWhy = ''

  readonly #parts: FleetParts
  readonly #connector: Connector
  readonly #slow: LoadUser[] = []
  readonly #channelsOf: (user: number) => readonly number[]
  /** Users whose turn to come back is now, but whose last connection is not gone yet. */
  readonly #returning = new Set<LoadUser>()
  /** Connections that our side has ended, oldest first. */
  readonly #leaving: { readonly socket: ChatSocket; readonly sinceUs: number }[] = []
  #movements: Movement[] = []
  #nextMovement = 0
  #isGathered = false
  #isReleased = false
  #isDismissed = false

  constructor(parts: FleetParts) {
    const { plan, setup, nowUs } = parts
    this.#parts = parts
    this.#connector = new Connector(setup.address, plan.cohorts, nowUs)
    this.closeCodes = plan.cohorts.map(() => ({}))
    this.evicted = new Float64Array(plan.cohorts.length)
    this.dropped = new Float64Array(plan.cohorts.length)
    this.joinedAtMs = new Float64Array(plan.users).fill(NaN)
    this.#channelsOf = user => [...plan.memberChannels.subarray(plan.memberOffsets[user], plan.memberOffsets[user + 1])]
    for (let index = setup.worker; index < plan.users; index += setup.workers) this.#addUser(index)
  }

  /** Lets in everyone who is to be there when the schedule starts, at `perSecond` (0: as fast as they get in). */
  gather(perSecond: number): void {
    const { plan } = this.#parts
    const first: LoadUser[] = []
    for (const user of this.users.values()) {
      const movements = this.#movementsOf(user)
      if (plan.joinAtMs === null && (movements.length === 0 || movements[0]?.comes === false || movements[0]?.atMs === 0)) first.push(user)
      this.#movements.push(...movements.filter(({ atMs, comes }) => !(comes && atMs === 0 && plan.joinAtMs === null)))
    }
    this.#movements.sort((a, b) => a.atMs - b.atMs)
    if (perSecond === 0) for (const user of first) this.#connector.add(user)
    else this.#trickle(first, perSecond)
    if (first.length === 0) this.#tellGathered(true)
  }

  /** Deliveries are owed from now on to all who have joined and stay. `shiftUs`: by how much the clock was set with the start. */
  start(shiftUs: number): void {
    for (const user of this.users.values()) {
      this.joinedAtMs[user.index] = (this.joinedAtMs[user.index] ?? NaN) + shiftUs / 1000
      if (user.state === 'joined' && this.#staysToTheEnd(user, 0)) this.#parts.ledger.mustFromUs[user.index] = -1
    }
    this.#parts.intake.anomalies.shift(shiftUs / 1000)
  }

  /** Whoever is due to come or go does; slow readers get their next bytes. */
  tick(atMs: number): void {
    for (; this.#nextMovement < this.#movements.length; this.#nextMovement++) {
      const movement = this.#movements[this.#nextMovement]
      if (movement === undefined || movement.atMs > atMs) break
      this.#move(movement)
    }
    if (!this.#isReleased) {
      for (const user of this.#slow) {
        const cohort = this.#parts.plan.cohorts[user.cohort]
        if (cohort !== undefined) paceReader(user, cohort, atMs)
      }
    }
    const overdue = this.#connector.overdue()
    for (const user of overdue) {
      this.#noteDropped(user, `had not joined 30 s after it began to connect`)
      user.leave()
      user.socket?.destroy()
    }
    if (overdue.length > 0 && this.everJoined === 0) this.#giveUpGathering()
    const limitUs = this.#parts.nowUs() - CLOSE_TIMEOUT_US
    for (let first = this.#leaving[0]; first !== undefined && first.sinceUs < limitUs; first = this.#leaving[0]) {
      first.socket.destroy()
      this.#leaving.shift()
    }
  }

  /** Users who wait for the answer to their connect or join, or for their turn to ask. */
  get pending(): number {
    let pending = this.#connector.waiting.size + this.#returning.size
    for (const { state } of this.users.values()) if (state === 'connecting' || state === 'joining') pending++
    return pending
  }

  /** Whoever has waited for an answer, or to ask for one, until now: when all is quiet it will not come, and else 30 s are enough. */
  giveUpPending(isQuiet: boolean): void {
    const limitUs = isQuiet ? UNANSWERED_US : CONNECT_TIMEOUT_US
    const now = this.#parts.nowUs()
    const waitedUs = ({ cameUs, connectUs }: LoadUser): number => now - (Number.isNaN(cameUs) ? connectUs : cameUs)
    const { waiting } = this.#connector
    this.#connector.cancel()
    for (const user of waiting) {
      if (waitedUs(user) >= limitUs)
        this.#noteDropped(user, `had not been let in ${inSeconds(waitedUs(user))} after it came, when the run ended; others were before it`)
    }
    for (const user of this.users.values()) {
      if ((user.state !== 'connecting' && user.state !== 'joining') || waitedUs(user) < limitUs) continue
      this.#noteDropped(user, `had not joined ${inSeconds(waitedUs(user))} after it came, when the run ended`)
      user.leave()
    }
  }

  /** Nobody sets out to come or go any more, and slow readers read on as fast as they can. Who has set out to come is still let in. */
  release(): void {
    this.#isReleased = true
    this.#nextMovement = this.#movements.length
    for (const user of this.#slow) releaseReader(user)
  }

  /** Everyone's connection is let go of; what happens to them now is no longer the server's doing. */
  dismiss(): void {
    this.#isDismissed = true
    this.#returning.clear()
    this.#connector.cancel()
    for (const user of this.users.values()) user.socket?.destroy()
  }

  /** Users who must have what was sent: in, and reading. */
  isHeldTo(user: number): boolean {
    const state = this.users.get(user)
    return state?.state === 'joined' && this.#parts.plan.cohorts[state.cohort]?.reading !== 'stopped'
  }

  joinedUser(user: LoadUser): void {
    const now = this.#parts.nowUs()
    this.joined++
    this.everJoined++
    this.lastJoinedUs = now
    // However few the server lets in at a time: who was to come during the schedule has waited since then.
    recordLatency(this.joinLatency, now - (Number.isNaN(user.cameUs) ? user.joinUs : user.cameUs))
    this.joinedAtMs[user.index] = now / 1000
    this.#parts.ledger.mustFromUs[user.index] = this.#staysToTheEnd(user, now / 1000) ? now : Infinity
    this.#connector.done(user)
    this.#tellGathered(false)
    this.#parts.onJoined(user)
  }

  closedUser(user: LoadUser, info: CloseInfo): void {
    const wasWanted = user.state === 'closed'
    if (user.state === 'joined') this.joined--
    if (!wasWanted) this.#forgetConnection(user)
    if (!wasWanted && !this.#isDismissed) this.#noteClose(user, info)
    user.state = 'closed'
    this.#connector.done(user)
    // What was still read after we asked for the close belongs to the connection that is over now.
    if (wasWanted) this.#forgetReads(user)
    if (this.#returning.delete(user)) this.#come(user)
    this.#tellGathered(false)
  }

  ownCopy(user: LoadUser): void {
    this.#parts.onOwnCopy(user)
  }

  reply(user: LoadUser, fields: Readonly<Record<string, unknown>>): void {
    if (fields['type'] === 'error' && user.state === 'joining') {
      this.#noteDropped(user, `was refused its join: ${shownJson(fields).slice(0, 200)}`)
      this.#leave(user)
      this.#connector.done(user)
      this.#tellGathered(false)
    } else this.#parts.onReply(user, fields)
  }

  #addUser(index: number): void {
    const { plan, intake, nowUs } = this.#parts
    const cohort = plan.cohortOf[index] ?? 0
    const channels = this.#channelsOf(index).map(channel => plan.channelNames[channel] ?? '')
    const user = new LoadUser(index, cohort, plan.cohorts[cohort]?.reading ?? 'full', channels, intake, this, nowUs)
    this.users.set(index, user)
    if (cohort !== 0) this.#slow.push(user)
  }

  #movementsOf(user: LoadUser): Movement[] {
    const { sessions, joinAtMs } = this.#parts.plan
    if (joinAtMs !== null) return [{ atMs: joinAtMs[user.index] ?? 0, user, comes: true }]
    if (sessions === null) return []
    const movements: Movement[] = []
    for (let i = sessions.offsets[user.index] ?? 0, end = sessions.offsets[user.index + 1] ?? 0; i < end; i++) {
      movements.push({ atMs: sessions.connectAtMs[i] ?? 0, user, comes: true })
      const closeAtMs = sessions.closeAtMs[i] ?? Infinity
      if (closeAtMs < Infinity) movements.push({ atMs: closeAtMs, user, comes: false })
    }
    return movements
  }

  #staysToTheEnd(user: LoadUser, atMs: number): boolean {
    const { sessions } = this.#parts.plan
    if (sessions === null) return true
    for (let i = sessions.offsets[user.index] ?? 0, end = sessions.offsets[user.index + 1] ?? 0; i < end; i++) {
      const closeAtMs = sessions.closeAtMs[i] ?? Infinity
      if (closeAtMs < Infinity && closeAtMs > atMs) return false
    }
    return true
  }

  #move({ user, comes }: Movement): void {
    if (!comes) this.#leave(user)
    else if (user.socket === null) this.#come(user)
    // Its last connection is not gone yet; it comes as soon as that is. One that was never ended (an earlier coming was late) stays.
    else if (user.state === 'closed') this.#returning.add(user)
  }

  #come(user: LoadUser): void {
    user.cameUs = this.#parts.nowUs()
    this.#connector.add(user)
  }

  #leave(user: LoadUser): void {
    this.#returning.delete(user)
    if (user.state === 'closed' || user.state === 'away') return
    if (user.state === 'joined') this.joined--
    this.#forgetConnection(user)
    if (user.socket !== null) this.#leaving.push({ socket: user.socket, sinceUs: this.#parts.nowUs() })
    user.leave()
  }

  /** What the connection had read says nothing about the user's next one. */
  #forgetConnection(user: LoadUser): void {
    this.#parts.onLeave(user)
    this.#parts.ledger.mustFromUs[user.index] = Infinity
    this.#forgetReads(user)
  }

  #forgetReads(user: LoadUser): void {
    if (this.#parts.plan.sessions !== null) this.#parts.ledger.forget(user.index, this.#channelsOf(user.index))
  }

  #noteClose(user: LoadUser, info: CloseInfo): void {
    // We let go of it, for output that is not the protocol; that has been noted.
    if (info.byUs) return
    if (user.state === 'connecting' && OWN_LIMITS.has(info.error)) {
      this.unconnected++
      this.unconnectedWhy = info.error
      return
    }
    const codes = this.closeCodes[user.cohort] ?? {}
    codes[info.code] = (codes[info.code] ?? 0) + 1
    if (user.cohort !== 0 && user.state === 'joined' && this.#mayBeEvicted(user))
      this.evicted[user.cohort] = (this.evicted[user.cohort] ?? 0) + 1
    else this.#noteDropped(user, describeClose(user, info))
  }

  /** In an overload, and while it settles, a server need not be fine about whom it lets go of among the slow. */
  #mayBeEvicted(user: LoadUser): boolean {
    const { plan, time, nowUs } = this.#parts
    return time.mayBeShed(nowUs()) || mayBeEvicted(plan, user.index, nowUs() / 1000)
  }

  #noteDropped(user: LoadUser, text: string): void {
    this.dropped[user.cohort] = (this.dropped[user.cohort] ?? 0) + 1
    if (this.failures.length < MAX_FAILURE_TEXTS) this.failures.push(`user ${user.index} ${text}`)
    this.#parts.intake.anomalies.add({ kind: 'dropped', user: user.index, atMs: this.#parts.nowUs() / 1000, text, message: null })
  }

  #trickle(users: readonly LoadUser[], perSecond: number): void {
    let next = 0
    const startUs = this.#parts.nowUs()
    const timer = setInterval(() => {
      const due = ((this.#parts.nowUs() - startUs) / 1e6) * perSecond
      for (; next < users.length && next < due; next++) {
        const user = users[next]
        if (user !== undefined) this.#connector.add(user)
      }
      if (next >= users.length || this.#isReleased) clearInterval(timer)
    }, 10)
  }

  /** A server that lets nobody in will not let in those who are still to come either. */
  #giveUpGathering(): void {
    this.#connector.cancel()
    this.#tellGathered(true)
  }

  #tellGathered(isEmpty: boolean): void {
    if (this.#isGathered || (!isEmpty && (!this.#connector.isIdle || this.#isTrickling()))) return
    this.#isGathered = true
    this.#parts.onGathered()
  }

  #isTrickling(): boolean {
    const { plan } = this.#parts
    if (plan.joinAtMs !== null) return false
    return [...this.users.values()].some(user => user.state === 'away' && (this.#movementsOf(user)[0]?.atMs ?? 0) === 0)
  }
}

function inSeconds(us: number): string {
  return `${(us / 1e6).toFixed(0)} s`
}

function describeClose(user: LoadUser, info: CloseInfo): string {
  const how =
    [info.code === 0 ? '' : `close code ${info.code}`, info.reason, info.error].filter(part => part !== '').join(', ') ||
    'without a close code'
  switch (user.state) {
    case 'connecting':
      return `could not connect (${how})`
    case 'joining':
      return `was disconnected before its join was acknowledged (${how})`
    default:
      return `was disconnected by the server (${how})`
  }
}
