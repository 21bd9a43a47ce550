/** Faults at random moments, drawn from a seed: the same seed gives the same faults at the same times. Pure. */
import type { Random } from '../../scenario/seeded-random.ts'
import type { Isolation } from './faults-network.ts'

/** `node` and `other` are places in the cluster. */
export type Fault =
  | { readonly kind: 'kill' | 'restart' | 'pause'; readonly node: number }
  | { readonly kind: 'isolate'; readonly node: number; readonly isolation: Isolation }
  | { readonly kind: 'hold'; readonly node: number }
  | { readonly kind: 'delay'; readonly node: number; readonly other: number; readonly delayMs: number }

export interface ScheduledFault {
  readonly fault: Fault
  readonly startMs: number
  readonly endMs: number
}

export interface ScheduleSize {
  readonly nodes: number
  readonly durationMs: number
}

const LONGEST_GAP_MS = 1200
const SHORTEST_FAULT_MS = 300
const LONGEST_FAULT_MS = 3000
const LONGEST_DELAY_MS = 250
/**
 * A node is left in peace for so long between two faults of its process. What a paused node had acknowledged is not saved while it stands
 * still, so that a kill soon after would take more than the contract lets it.
 */
const PEACE_MS = 2000
const MANNERS = ['silent', 'reset'] as const
const LOST = ['all', 'out', 'in'] as const
const KINDS = ['kill', 'kill', 'restart', 'pause', 'isolate', 'isolate', 'hold', 'delay'] as const

/** In the order of their starts; all have ended by `durationMs`. Faults of the network come one at a time, as healing heals all of them. */
export function drawSchedule(random: Random, { nodes, durationMs }: ScheduleSize): ScheduledFault[] {
  const faults: ScheduledFault[] = []
  const freeAtMs = Array.from({ length: nodes }, () => 0)
  let networkFreeAtMs = 0
  for (let atMs = random.below(LONGEST_GAP_MS); atMs < durationMs - SHORTEST_FAULT_MS; atMs += 1 + random.below(LONGEST_GAP_MS)) {
    const fault = drawFault(random, nodes)
    const endMs = Math.min(durationMs, atMs + SHORTEST_FAULT_MS + random.below(LONGEST_FAULT_MS - SHORTEST_FAULT_MS))
    if (isOfProcess(fault)) {
      if ((freeAtMs[fault.node] ?? 0) > atMs) continue
      freeAtMs[fault.node] = endMs + PEACE_MS
    } else {
      if (networkFreeAtMs > atMs) continue
      networkFreeAtMs = endMs + 1
    }
    faults.push({ fault, startMs: atMs, endMs })
  }
  return faults
}

/** For a person. */
export function describeFault({ fault, startMs, endMs }: ScheduledFault): string {
  const name = (place: number): string => String.fromCharCode(0x61 + place)
  const when = `${(startMs / 1000).toFixed(1)}–${(endMs / 1000).toFixed(1)} s`
  switch (fault.kind) {
    case 'isolate':
      return `${when} isolate ${name(fault.node)} (${fault.isolation.manner}, ${fault.isolation.lost})`
    case 'delay':
      return `${when} delay ${name(fault.node)}–${name(fault.other)} by ${fault.delayMs} ms`
    case 'kill':
    case 'restart':
    case 'pause':
    case 'hold':
      return `${when} ${fault.kind} ${name(fault.node)}`
  }
}

function drawFault(random: Random, nodes: number): Fault {
  const kind = KINDS[random.below(KINDS.length)] ?? 'kill'
  const node = random.below(nodes)
  const manner = MANNERS[random.below(MANNERS.length)] ?? 'silent'
  const lost = LOST[random.below(LOST.length)] ?? 'all'
  const other = (node + 1 + random.below(nodes - 1)) % nodes
  const delayMs = 10 + random.below(LONGEST_DELAY_MS)
  if (kind === 'isolate') return { kind, node, isolation: { manner, lost } }
  return kind === 'delay' ? { kind, node, other, delayMs } : { kind, node }
}

/** Else it is one of the network. */
export function isOfProcess({ kind }: Fault): boolean {
  return kind === 'kill' || kind === 'restart' || kind === 'pause'
}
