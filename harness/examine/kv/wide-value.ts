import type { Random } from '../../scenario/seeded-random.ts'

const MARK_CHARACTERS = 10
const SIZES = [16, 16, 16, 64, 256, 4096, 65_536]

/** A value that no other write has, of many sizes: its mark again and again, so that a mixture of two shows. */
export function wideValue(random: Random): Buffer {
  const mark = `${mark36(random)}${mark36(random)}`.slice(0, MARK_CHARACTERS).padEnd(MARK_CHARACTERS, '.')
  const size = SIZES[random.below(SIZES.length)] ?? MARK_CHARACTERS
  return Buffer.from(`${mark} `.repeat(Math.ceil(size / (MARK_CHARACTERS + 1))).slice(0, size))
}

function mark36(random: Random): string {
  return random
    .below(36 ** 5)
    .toString(36)
    .padStart(5, '0')
}
