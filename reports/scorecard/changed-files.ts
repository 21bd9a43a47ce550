import type { ChangedFile } from './scorecard-options.ts'

/** Of a repository, and nobody's answer. */
const HOUSEKEEPING = /(^|\/)\.(git(ignore|attributes|keep)|npmignore|editorconfig|DS_Store)$/

/**
 * What was changed, added or taken away, ordered by path. Both sides map paths, relative to the candidate's folder, to texts. A starter's
 * file that the hand-in does not hold counts as taken away only with `whole`; a sample holds only the files that differ.
 */
export function changedFiles(starter: ReadonlyMap<string, string>, handedIn: ReadonlyMap<string, string>, whole = true): ChangedFile[] {
  const paths = [...new Set([...handedIn.keys(), ...(whole ? starter.keys() : [])])].sort()
  return paths
    .filter(path => !HOUSEKEEPING.test(path))
    .map(path => ({ path, before: starter.get(path) ?? null, after: handedIn.get(path) ?? null }))
    .filter(({ before, after }) => before !== after)
}
