/** The steps against overload, in the order in which they are taken; each includes those before it. */
export const SHEDDING_STEPS = ['normal', 'batch longer', 'shed sends', 'refuse joins', 'refuse connections'] as const
export type SheddingStep = (typeof SHEDDING_STEPS)[number]

/** How much of each resource is used, as a share of its limit: 1 is at the limit. */
export interface Pressures {
  readonly loopDelay: number
  readonly memory: number
  readonly queuedBytes: number
  readonly bandwidth: number
}

/** Below this share of its limit a resource counts as recovered. Between it and 1 nothing changes: that is the hysteresis. */
const RECOVERED_BELOW = 0.7
/** How many samples in a row must be at the limit before the next step. Batching longer costs little, so it comes at once; refusing comes late. */
const SAMPLES_TO_STEP_UP: Readonly<Record<SheddingStep, number>> = {
  normal: 0,
  'batch longer': 1,
  'shed sends': 3,
  'refuse joins': 10,
  'refuse connections': 10,
}
/** How many recovered samples in a row it takes to go one step back. */
const SAMPLES_TO_STEP_DOWN = 3

/** Decides how far to go against overload: one step at a time, up while a resource stays at its limit, down once all have recovered. */
export class LoadShedder {
  private index = 0
  private samplesAtLimit = 0
  private samplesRecovered = 0

  get step(): SheddingStep {
    return SHEDDING_STEPS[this.index] ?? 'normal'
  }

  /** Whether a step is being taken at present. */
  isAt(step: SheddingStep): boolean {
    return this.index >= SHEDDING_STEPS.indexOf(step)
  }

  /** Learns from one sample and returns the resource that presses most, as a share of its limit. */
  note(pressures: Pressures): number {
    const highest = Math.max(pressures.loopDelay, pressures.memory, pressures.queuedBytes, pressures.bandwidth)
    this.samplesAtLimit = highest >= 1 ? this.samplesAtLimit + 1 : 0
    this.samplesRecovered = highest < RECOVERED_BELOW ? this.samplesRecovered + 1 : 0
    const next = SHEDDING_STEPS[this.index + 1]
    if (next !== undefined && this.samplesAtLimit > 0 && this.samplesAtLimit >= SAMPLES_TO_STEP_UP[next]) this.moveTo(this.index + 1)
    else if (this.index > 0 && this.samplesRecovered >= SAMPLES_TO_STEP_DOWN) this.moveTo(this.index - 1)
    return highest
  }

  private moveTo(index: number): void {
    this.index = index
    this.samplesAtLimit = 0
    this.samplesRecovered = 0
  }
}
