/** Constructors for a scenario's fields: each states its range once, for the check, the error message and the published schema alike. */
import { z } from 'zod'

/** A whole number in [min, max]. `about` says what it means and in which unit. */
export function wholeNumber(min: number, max: number, about: string) {
  const expected = `a whole number from ${min} to ${max}`
  return z
    .int(expected)
    .min(min, expected)
    .max(max, expected)
    .describe(`${about} ${sentence(expected)}`)
}

/** A number in [min, max], fractions allowed. `about` says what it means and in which unit. */
export function decimal(min: number, max: number, about: string) {
  const expected = `a number from ${min} to ${max}`
  return z
    .number(expected)
    .min(min, expected)
    .max(max, expected)
    .describe(`${about} ${sentence(expected)}`)
}

export function flag(about: string) {
  return z.boolean('true or false').describe(about)
}

/** One of a few words. */
export function choice<const Word extends string>(words: readonly Word[], about: string) {
  return z.enum(words, `one of ${words.join(', ')}`).describe(about)
}

/** A name that people read in reports: 1 to 64 characters on one line. */
export function label(about: string) {
  const expected = 'a name of 1 to 64 characters on one line'
  return z
    .string(expected)
    .min(1, expected)
    .max(64, expected)
    .regex(/^[^\r\n\t]*$/, expected)
    .describe(about)
}

/** A block of fields; a field that is not listed is an error, so that a typo never goes unnoticed. */
export function block<Shape extends z.core.$ZodLooseShape>(shape: Shape, about: string) {
  return z.strictObject(shape, 'a block of fields').describe(about)
}

/** A block whose further fields depend on one of them, e.g. on `kind`. */
export function oneOfBlocks<const Options extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]]>(
  field: string,
  options: Options,
  about: string,
) {
  return z.discriminatedUnion(field, options, `a block of fields with a \`${field}\``).describe(about)
}

function sentence(expected: string): string {
  return `${expected.charAt(0).toUpperCase()}${expected.slice(1)}.`
}
