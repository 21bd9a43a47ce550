/** One line of a difference. Line numbers count from 1; an added line has none in the starter, a removed one none in the hand-in. */
export interface DifferenceLine {
  readonly kind: 'same' | 'added' | 'removed'
  readonly text: string
  readonly before: number | null
  readonly after: number | null
}

/** Lines that stand together, with the unchanged ones around them. */
export type Hunk = readonly DifferenceLine[]

/** The table of the longest common subsequence has one cell for each pair of lines that differ; more are not compared line by line. */
const MAX_CELLS = 4_000_000
const MAX_LINES = 20_000
const MAX_CHARACTERS = 1_000_000

/**
 * The smallest difference between two texts, line by line (longest common subsequence, after taking away what both begin and end with).
 * Texts too long for it come out as all removed, then all added; what is beyond 20,000 lines or a million characters is left out.
 */
export function lineDifference(before: string, after: string): DifferenceLine[] {
  const old = linesOf(before)
  const now = linesOf(after)
  let head = 0
  while (head < old.length && head < now.length && old[head] === now[head]) head++
  let tail = 0
  while (tail < old.length - head && tail < now.length - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++
  const middle = middleDifference(old.slice(head, old.length - tail), now.slice(head, now.length - tail))
  const kinds = [...Array.from({ length: head }, () => 'same' as const), ...middle, ...Array.from({ length: tail }, () => 'same' as const)]
  return numbered(kinds, old, now)
}

/** The changed lines with at most `context` unchanged ones before and after each. */
export function hunksOf(lines: readonly DifferenceLine[], context: number): Hunk[] {
  const hunks: DifferenceLine[][] = []
  let lastKept = -Infinity
  lines.forEach((line, index) => {
    if (!isNearChange(lines, index, context)) return
    if (index === lastKept + 1) hunks.at(-1)?.push(line)
    else hunks.push([line])
    lastKept = index
  })
  return hunks
}

function isNearChange(lines: readonly DifferenceLine[], index: number, context: number): boolean {
  for (let near = Math.max(0, index - context); near <= index + context && near < lines.length; near++)
    if (lines[near]?.kind !== 'same') return true
  return false
}

function linesOf(text: string): string[] {
  const lines = text.slice(0, MAX_CHARACTERS).split(/\r\n|\r|\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines.slice(0, MAX_LINES)
}

function middleDifference(old: readonly string[], now: readonly string[]): DifferenceLine['kind'][] {
  if (old.length * now.length > MAX_CELLS) return [...old.map(() => 'removed' as const), ...now.map(() => 'added' as const)]
  const width = now.length + 1
  // Cell (i, j): how many lines the ends of both texts from there on have in common.
  const common = new Uint32Array((old.length + 1) * width)
  const at = (i: number, j: number): number => common[i * width + j] ?? 0
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      common[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const kinds: DifferenceLine['kind'][] = []
  let i = 0
  let j = 0
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      kinds.push('same')
      i++
      j++
    } else if (i < old.length && (j === now.length || at(i + 1, j) >= at(i, j + 1))) {
      kinds.push('removed')
      i++
    } else {
      kinds.push('added')
      j++
    }
  }
  return kinds
}

function numbered(kinds: readonly DifferenceLine['kind'][], old: readonly string[], now: readonly string[]): DifferenceLine[] {
  let before = 0
  let after = 0
  return kinds.map(kind => {
    if (kind !== 'added') before++
    if (kind !== 'removed') after++
    const text = (kind === 'removed' ? old[before - 1] : now[after - 1]) ?? ''
    return { kind, text, before: kind === 'added' ? null : before, after: kind === 'removed' ? null : after }
  })
}
