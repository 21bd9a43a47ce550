/** Numbers from the command line. */
import { InvalidArgumentError } from 'commander'
import { MAX_WORKERS } from '../load/worker-count.ts'
import { MAX_KV_NODES } from './kv-nodes.ts'

/** A whole number from 0 to 2^53-1. */
export function parseCount(text: string): number {
  return parseWithin(text, 0, Number.MAX_SAFE_INTEGER)
}

/** How often to play: a whole number from 1 to 1000. */
export function parseRepeats(text: string): number {
  return parseWithin(text, 1, 1000)
}

/** How often to try a race: a whole number from 1 to 100. */
export function parseTries(text: string): number {
  return parseWithin(text, 1, 100)
}

/** A whole number of seconds from 0 to 600. */
export function parseSeconds(text: string): number {
  return parseWithin(text, 0, 600)
}

/** How many threads play the users: a whole number from 1 to `MAX_WORKERS`. */
export function parseWorkers(text: string): number {
  return parseWithin(text, 1, MAX_WORKERS)
}

/** How many nodes a cluster has: a whole number from 1 to 9. */
export function parseKvNodes(text: string): number {
  return parseWithin(text, 1, MAX_KV_NODES)
}

/** A port to listen on: a whole number from 1 to 65535. */
export function parseTcpPort(text: string): number {
  return parseWithin(text, 1, 65_535)
}

/** A process: a whole number from 1 to the most that Linux gives, 2^22. */
export function parsePid(text: string): number {
  return parseWithin(text, 1, 4_194_304)
}

function parseWithin(text: string, min: number, max: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
}
