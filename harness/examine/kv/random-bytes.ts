import type { Random } from '../../scenario/seeded-random.ts'

/** The same bytes for the same seed. */
export function randomBytes(random: Random, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  for (let at = 0; at < size; at++) bytes[at] = random.below(256)
  return bytes
}
