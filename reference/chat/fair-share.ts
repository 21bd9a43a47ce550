export interface FairShareLimits {
  /** One user's sustained rate, in messages a second. */
  readonly maxSendsPerSecond: number
  /** What one user may send at once beyond that rate, in messages. */
  readonly maxSendBurst: number
  /** Deliveries a second that are never shed for load. */
  readonly protectedDeliveriesPerSecond: number
}

/** What is remembered of one sender. Created with its first message, so that listeners cost nothing. */
export interface SenderQuota {
  /** The window that `sendsInWindow` counts. */
  window: number
  sendsInWindow: number
  /** When this sender will have used up its rate, on the clock of `admits`, in milliseconds (the generic cell rate algorithm). */
  paidUntilMs: number
}

/** Length of the windows in which sends are counted, in milliseconds. */
export const WINDOW_MS = 100
/** Each calm window lets everyone send this much more. */
const GROWTH = 1.25

export function newSenderQuota(): SenderQuota {
  return { window: -1, sendsInWindow: 0, paidUntilMs: 0 }
}

/**
 * Shares what the server can do between its senders.
 *
 * Two limits: each user's own rate, always; and under overload an allowance for everyone, which shrinks while the overload lasts
 * and grows when it passes. A common allowance takes from the loudest first: who sends less than it notices nothing. What is
 * within the protected rate passes in any case.
 */
export class FairShare {
  private readonly limits: FairShareLimits
  private allowancePerWindow = Number.POSITIVE_INFINITY
  private window = -1
  private deliveriesInWindow = 0
  private mostSendsInWindow = 0

  constructor(limits: FairShareLimits) {
    this.limits = limits
  }

  /** Whether a send to `memberCount` members may pass. Counts it either way. */
  admits(quota: SenderQuota, memberCount: number, nowMs: number): boolean {
    this.enterWindow(quota, nowMs)
    quota.sendsInWindow++
    this.deliveriesInWindow += memberCount
    if (quota.sendsInWindow > this.mostSendsInWindow) this.mostSendsInWindow = quota.sendsInWindow
    if (!this.isWithinRate(quota, nowMs)) return false
    if (quota.sendsInWindow <= this.allowancePerWindow) return true
    return this.deliveriesInWindow * (1000 / WINDOW_MS) <= this.limits.protectedDeliveriesPerSecond
  }

  /** Takes from the loudest: the allowance falls to half of what the loudest sent, or of itself. At least one message a window is left. */
  tighten(): void {
    const current = Math.min(this.allowancePerWindow, this.mostSendsInWindow)
    this.allowancePerWindow = Math.max(1, Math.floor(current / 2))
    this.mostSendsInWindow = 0
  }

  /** Lets everyone send a little more. */
  loosen(): void {
    this.allowancePerWindow = Math.ceil(this.allowancePerWindow * GROWTH)
  }

  /** Ends the common allowance; each user's own rate stays. */
  lift(): void {
    this.allowancePerWindow = Number.POSITIVE_INFINITY
    this.mostSendsInWindow = 0
  }

  private enterWindow(quota: SenderQuota, nowMs: number): void {
    const window = Math.floor(nowMs / WINDOW_MS)
    if (window !== this.window) {
      this.window = window
      this.deliveriesInWindow = 0
    }
    if (quota.window === window) return
    quota.window = window
    quota.sendsInWindow = 0
  }

  private isWithinRate(quota: SenderQuota, nowMs: number): boolean {
    const { maxSendsPerSecond, maxSendBurst } = this.limits
    const costMs = 1000 / maxSendsPerSecond
    const paidUntilMs = Math.max(quota.paidUntilMs, nowMs) + costMs
    if (paidUntilMs - nowMs > maxSendBurst * costMs) return false
    quota.paidUntilMs = paidUntilMs
    return true
  }
}
