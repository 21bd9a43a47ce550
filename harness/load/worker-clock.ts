/** Time as a worker sees it: microseconds since the schedule's start, far below zero until that is known. */
import { createMonotonicClock } from './clock.ts'

const BEFORE_START_US = 1e12

export class WorkerClock {
  readonly #clock = createMonotonicClock()
  #epochUs = this.#clock.nowUs() + BEFORE_START_US

  readonly nowUs = (): number => this.#clock.nowUs() - this.#epochUs

  /** Returns what has to be added to earlier readings. */
  start(epochUs: number): number {
    const shiftUs = this.#epochUs - epochUs
    this.#epochUs = epochUs
    return shiftUs
  }
}
