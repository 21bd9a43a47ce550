/** Numbers from the command line. */
import { InvalidArgumentError } from 'commander'

/** A whole number from 0 to 2^53-1. */
export function parseCount(text: string): number {
  return parseWithin(text, 0, Number.MAX_SAFE_INTEGER)
}

/** A port or a pid: a whole number from 1 on. */
export function parsePort(text: string): number {
  return parseWithin(text, 1, 4_194_304)
}

function parseWithin(text: string, min: number, max: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
}
