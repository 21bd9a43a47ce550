/**
 * One worker of the load engine: plays its share of the users, counts for itself, and answers the coordinator. It knows the whole plan
 * (worked out from the seed), so nothing but counts has to cross between workers.
 */
import { createPlan, type Plan } from '../scenario/plan.ts'
import { GeneratorWatch } from './generator-watch.ts'
import { Intake } from './intake.ts'
import { Ledger } from './ledger.ts'
import { createLocalMemberships, type LocalMemberships } from './memberships.ts'
import { type MessageTable, trimTable } from './message-table.ts'
import { OverdueWatch } from './overdue-watch.ts'
import { PACE_TICK_MS } from './reading-pace.ts'
import { createScheduleTime } from './schedule-time.ts'
import { SendLoop } from './send-loop.ts'
import { Settlement } from './settlement.ts'
import type { FromWorker, ToWorker, WorkerSetup } from './transport.ts'
import { UserFleet } from './user-fleet.ts'
import { createAccount } from './worker-account.ts'
import { WorkerClock } from './worker-clock.ts'
import { takeProgress } from './worker-progress.ts'

const PROGRESS_MS = 250
const BALANCE_MS = 100
/** Time after the schedule for which reads are still noted bin by bin. */
const BINS_AFTER_DRAIN_MS = 60_000

export class LoadWorker {
  readonly #setup: WorkerSetup
  readonly #post: (message: FromWorker) => void
  readonly #clock = new WorkerClock()
  readonly #plan: Plan
  readonly #memberships: LocalMemberships
  readonly #ledger: Ledger
  readonly #watch: GeneratorWatch
  readonly #intake: Intake
  readonly #fleet: UserFleet
  readonly #sendLoop: SendLoop
  readonly #overdue: OverdueWatch
  readonly #timers: NodeJS.Timeout[] = []
  #settlement: Settlement | null = null
  #isStarted = false
  #isSentTold = false

  constructor(setup: WorkerSetup, post: (message: FromWorker) => void) {
    const { scenario, seed, worker, workers } = setup
    const { nowUs } = this.#clock
    this.#setup = setup
    this.#post = post
    const plan = createPlan(scenario, seed)
    const time = createScheduleTime(plan)
    this.#plan = plan
    this.#memberships = createLocalMemberships(plan, worker, workers)
    const ledger = new Ledger(plan, this.#memberships)
    this.#ledger = ledger
    this.#watch = new GeneratorWatch(plan.scheduleMs + plan.drainMs + BINS_AFTER_DRAIN_MS, nowUs)
    this.#intake = new Intake({
      plan,
      ledger,
      time,
      text: scenario.body.text,
      watch: this.#watch,
      nowUs,
      onRead: now => this.#sendLoop.sendBetweenReads(now),
    })
    this.#fleet = new UserFleet({
      setup,
      plan,
      ledger,
      intake: this.#intake,
      time,
      nowUs,
      onLeave: user => this.#sendLoop.senderLeft(user),
      onOwnCopy: user => this.#sendLoop.answered(user),
      onJoined: user => this.#sendLoop.senderJoined(user),
      onReply: (user, fields) => {
        if (fields['type'] === 'shed' || fields['type'] === 'error') this.#sendLoop.wasShed(user, fields['id'])
      },
      onGathered: () =>
        post({ type: 'connected', joined: this.#fleet.joined, failures: this.#fleet.failures, unconnectedWhy: this.#fleet.unconnectedWhy }),
    })
    this.#sendLoop = new SendLoop({ setup, plan, time, ledger, users: this.#fleet.users, nowUs }, this.#intake.grid.rows)
    this.#overdue = new OverdueWatch(plan, ledger, scenario.slaMs)
  }

  handle(message: ToWorker): void {
    switch (message.type) {
      case 'connect':
        this.#every(PROGRESS_MS, () => this.#tellProgress())
        this.#every(PACE_TICK_MS, () => this.#tick())
        this.#fleet.gather(this.#setup.scenario.join.afterStart ? 0 : this.#setup.scenario.join.perSecond)
        return
      case 'start':
        this.#fleet.start(this.#clock.start(message.epochUs))
        this.#watch.restart()
        this.#isStarted = true
        setTimeout(() => this.#sendLoop.start(), Math.max(0, -this.#clock.nowUs() / 1000))
        return
      case 'stop':
        this.#sendLoop.stop()
        return
      case 'collect':
        this.#fleet.release()
        this.#post({ type: 'collected', table: trimTable(this.#sendLoop.table) })
        return
      case 'settle':
        this.#settle(message.table, message.settlement)
        return
      case 'old':
        this.#overdue.add(message.messages)
        return
      case 'probe':
        this.#probe(message.channels)
        return
      case 'finish':
        this.#finish(message.table, message.isQuiet)
    }
  }

  #every(ms: number, work: () => void): void {
    this.#timers.push(setInterval(work, ms))
  }

  #tick(): void {
    const atMs = this.#clock.nowUs() / 1000
    this.#fleet.tick(this.#isStarted ? atMs : -1)
    if (!this.#isSentTold && this.#isStarted && this.#sendLoop.isOver && atMs >= this.#endOfSending()) {
      this.#isSentTold = true
      this.#post({ type: 'sent' })
    }
  }

  /** A schedule is over when its time is, even where nothing more is due: users may still come and go. */
  #endOfSending(): number {
    return this.#sendLoop.wasStopped ? -Infinity : this.#plan.scheduleMs
  }

  #tellProgress(): void {
    const atMs = this.#isStarted ? this.#clock.nowUs() / 1000 : -1
    const [intake, fleet, sendLoop, watch, overdue] = [this.#intake, this.#fleet, this.#sendLoop, this.#watch, this.#overdue]
    this.#post({ type: 'progress', progress: takeProgress(atMs, { intake, fleet, sendLoop, watch, overdue }) })
  }

  #settle(table: MessageTable, number: number): void {
    const isFirst = this.#settlement === null
    this.#intake.attributeDamaged(table)
    this.#settlement = new Settlement(number, this.#ledger, table, user => this.#fleet.isHeldTo(user))
    if (isFirst) this.#every(BALANCE_MS, () => this.#tellBalance())
    this.#tellBalance()
  }

  #tellBalance(): void {
    if (this.#settlement === null) return
    const settlement = this.#settlement.number
    const missing = this.#settlement.missing() + this.#fleet.pending
    this.#post({ type: 'balance', settlement, missing, lastReadUs: Math.max(this.#intake.lastReadUs, this.#fleet.lastJoinedUs) })
  }

  /** One fresh message a channel from a member of this worker, numbered apart from those of the other workers. */
  #probe(channels: readonly number[]): void {
    const { worker } = this.#setup
    for (const channel of channels) {
      const members = this.#memberships.membersOf(channel).map(user => this.#fleet.users.get(user))
      const sender = members.find(user => user?.state === 'joined' && user.cohort === 0) ?? members.find(user => user?.state === 'joined')
      const planned = this.#plan.channelMessageCounts[channel] ?? 0
      const sent = this.#settlement?.sends[channel]?.dueUs.length ?? 0
      // All workers hold the same table, so they agree on the number after which the probes begin.
      const first = Math.max(planned, sent)
      if (sender !== undefined) this.#sendLoop.sendProbe(sender, channel, first + worker)
    }
    this.#post({ type: 'probed' })
  }

  #finish(table: MessageTable, isQuiet: boolean): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#sendLoop.stop()
    this.#watch.stop()
    this.#intake.attributeDamaged(table)
    this.#fleet.giveUpPending(isQuiet)
    const account = createAccount({
      ledger: this.#ledger,
      intake: this.#intake,
      fleet: this.#fleet,
      sendLoop: this.#sendLoop,
      watch: this.#watch,
      table,
    })
    this.#fleet.dismiss()
    this.#post({ type: 'account', account })
  }
}
