/** Which write surely came after another, whatever sound clock a store goes by. All other judges of stores rest on this one rule. */
import { isRead, isWrite, type KvStep } from './kv-steps.ts'

export interface SupersededRule {
  /** Set while nodes' clocks were offset: then only what a node had returned orders writes. */
  readonly hasClockOffset?: boolean
  /** Set where the cluster is one node: it has nobody's clock but its own, and one write that is called after another was done is later. */
  readonly hasOneNode?: boolean
}

/** Clocks of nodes on one machine agree within this. */
const CLOCK_MARGIN_MS = 100

/**
 * An acknowledged write or delete after which `write` can no longer be what the key holds: one called at least 100 ms after `write` was
 * acknowledged (unless clocks were offset), or called on a node that had already returned `write`'s value. `null` where there is none. A write
 * that was never acknowledged is never superseded, as it may take effect later. `steps` are those of its key.
 */
export function supersederOf(write: KvStep, steps: readonly KvStep[], rule: SupersededRule = {}): KvStep | null {
  if (write.doneAtMs === null) return null
  return steps.find(later => isSuperseded(write, later, steps, rule)) ?? null
}

/** Whether `later` is such a write. */
export function isSuperseded(write: KvStep, later: KvStep, steps: readonly KvStep[], rule: SupersededRule = {}): boolean {
  if (write.doneAtMs === null || later.doneAtMs === null || !isWrite(later) || later === write) return false
  const marginMs = rule.hasOneNode === true ? 0 : CLOCK_MARGIN_MS
  if (rule.hasClockOffset !== true && later.callAtMs - write.doneAtMs >= marginMs) return true
  return write.value !== null && hasReturned(write, later, steps)
}

/**
 * What a read may have returned: the writes of its value that were called before it was answered; for an absent key the deletes, and
 * `'initial'`, the absence before all writes. None where nobody wrote what it returned.
 */
export function sourcesOf(read: KvStep, steps: readonly KvStep[]): (KvStep | 'initial')[] {
  const endMs = read.doneAtMs ?? Infinity
  const writes = steps.filter(step => isWrite(step) && step.value === read.value && step.callAtMs <= endMs)
  return read.value === null ? ['initial', ...writes] : writes
}

/** A write that makes a source one that can no longer be held; the absence before all writes is over with the first that is acknowledged. */
export function supersederOfSource(source: KvStep | 'initial', steps: readonly KvStep[], rule: SupersededRule = {}): KvStep | null {
  if (source !== 'initial') return supersederOf(source, steps, rule)
  return steps.find(step => isWrite(step) && step.doneAtMs !== null) ?? null
}

/** Values are written once, so a read of it is a read of this write. A node that was started anew may have forgotten what it had returned. */
function hasReturned(write: KvStep, later: KvStep, steps: readonly KvStep[]): boolean {
  return steps.some(
    step =>
      isRead(step) &&
      step.value === write.value &&
      step.node === later.node &&
      step.life === later.life &&
      (step.doneAtMs ?? Infinity) <= later.callAtMs,
  )
}
