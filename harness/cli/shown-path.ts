import { relative } from 'node:path'

/** A path as a person reads it: from the current folder where it lies in there, else whole. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') ? path : near
}
