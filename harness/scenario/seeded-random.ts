/**
 * Randomness that a seed repeats exactly, on every machine. Each purpose draws from a stream of its own, so that drawing once more for
 * one purpose (say, memberships) leaves every other (say, due times) as it was.
 *
 * The generator is sfc32 ("small fast counter", 128 bits of state, from Chris Doty-Humphrey's PractRand), seeded through the finalizer
 * of MurmurHash3.
 */

export interface Random {
  /** Evenly distributed in [0, 1), in steps of 2^-32. */
  readonly next: () => number
  /** A whole number, evenly distributed in [0, limit); `limit` from 1 to 2^32. */
  readonly below: (limit: number) => number
}

/** A stream of random numbers. `seed` is a whole number from 0 to 2^53-1; equal seeds and purposes give equal streams. */
export function createRandom(seed: number, purpose: string): Random {
  const nextUint32 = sfc32(seed, hashOfText(purpose))
  return {
    next: () => nextUint32() / 2 ** 32,
    below: limit => Math.floor((nextUint32() / 2 ** 32) * limit),
  }
}

/** A number in [0, 1) that depends on nothing but its arguments: for what must not depend on the order of asking. */
export function hashedFraction(seed: number, purpose: number, index: number, subIndex: number): number {
  let hash = mixed(lowBits(seed) ^ Math.imul(highBits(seed) + 1, 0x9e3779b1))
  for (const part of [purpose, index, subIndex]) hash = mixed(Math.imul(hash ^ lowBits(part), 0x85ebca6b) + 0x9e3779b9)
  return hash / 2 ** 32
}

/** Puts the first `count` places of `items` (all, by default) into a random order drawn from the whole; in place. */
export function shuffle(items: Uint32Array, random: Random, count = items.length): void {
  for (let place = 0; place < count; place++) swap(items, place, place + random.below(items.length - place))
}

export function swap(items: Uint32Array, left: number, right: number): void {
  const moved = items[left] ?? 0
  items[left] = items[right] ?? 0
  items[right] = moved
}

function sfc32(seed: number, purpose: number): () => number {
  let a = mixed(lowBits(seed) ^ 0x9e3779b9)
  let b = mixed(highBits(seed) ^ 0x243f6a88)
  let c = mixed(purpose ^ 0xb7e15162)
  let counter = 1
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
  // The first outputs still resemble the seed; a dozen rounds spread every bit of it.
  for (let round = 0; round < 12; round++) next()
  return next
}

function hashOfText(text: string): number {
  let hash = 0x811c9dc5
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193)
  return mixed(hash)
}

function mixed(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function lowBits(value: number): number {
  return (value % 2 ** 32) | 0
}

function highBits(value: number): number {
  return Math.floor(value / 2 ** 32) | 0
}
