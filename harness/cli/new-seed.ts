import { randomInt } from 'node:crypto'

/** Short enough to be typed again. */
const MAX_SEED = 2 ** 32

/** The seed of a command that was given none: 0 to 2^32-1. Every command prints it. */
export function newSeed(): number {
  return randomInt(MAX_SEED)
}
