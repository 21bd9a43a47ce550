/**
 * How long a reader who has stopped may stay, as the contract has it: until 16 MiB of traffic and 30 s have gone by, whichever is later. What
 * counts as traffic is what a reader of the same channel was sent meanwhile, so that a server which holds its senders up, and so never had to
 * keep 16 MiB for anyone, is not taken for one that keeps all of it. Pure.
 */
const TRAFFIC_BYTES = 16 * 1024 * 1024
const STAY_MS = 30_000
/** The harness's clock and the server's need not begin at the same moment, and framing is traffic that no body shows. */
const MARGIN_MS = 1500
const MARGIN_BYTES = 512 * 1024
/** The contract's "stuck": without any effect for so long with the server idle, or for so long at any CPU. */
const STUCK_IDLE_MS = 10_000
const STUCK_BUSY_MS = 30_000
const IDLE_CPU_SHARE = 0.05
/** A server that lets through less than 16 MiB in this time is not waited for. */
const LONGEST_MS = 100_000

export interface Stay {
  /** Since the readers stopped. */
  readonly passedMs: number
  /** What each reader of their channel was sent meanwhile. */
  readonly trafficBytes: number
  /** For how long something has been asked for, and nothing at all has come of it. */
  readonly stalledMs: number
  /** Share of a core over the last 10 s; infinite where it is not known. */
  readonly serverCpuShare: number
}

/** `overstayed` and `stuck` are violations; `undecided` is none. */
export type StayEnd = 'overstayed' | 'stuck' | 'undecided'

/** `null` while the contract lets them stay. */
export function endOfStay({ passedMs, trafficBytes, stalledMs, serverCpuShare }: Stay): StayEnd | null {
  if (passedMs <= STAY_MS + MARGIN_MS) return null
  if (trafficBytes >= TRAFFIC_BYTES + MARGIN_BYTES) return 'overstayed'
  // Until now a server may hold its senders up: the eviction that is due lets them go on.
  if (stalledMs >= STUCK_IDLE_MS && serverCpuShare < IDLE_CPU_SHARE) return 'stuck'
  if (stalledMs >= STUCK_BUSY_MS) return 'stuck'
  return passedMs > LONGEST_MS ? 'undecided' : null
}

/** Whether there has to be more traffic before they have stayed too long. */
export function needsTraffic(trafficBytes: number): boolean {
  return trafficBytes < TRAFFIC_BYTES + 2 * MARGIN_BYTES
}
