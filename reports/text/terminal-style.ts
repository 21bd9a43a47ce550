import type { VerdictOutcome } from '../../harness/record/run-record.ts'
import { outcomeLook } from '../page/verdict-mark.ts'

/** How a text is set for a terminal. Colour only where it was asked for: a file or a pipe gets plain characters. */
export interface TerminalOptions {
  readonly colour: boolean
  /** Columns, from 60; more than 100 are not used, since long lines read badly. */
  readonly width: number
}

type Paint = 'bold' | 'dim' | 'green' | 'red' | 'yellow'

/** SGR codes to set and to undo. Bright colours that read on a dark and on a light ground. */
const CODES: Readonly<Record<Paint, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  green: [32, 39],
  red: [31, 39],
  yellow: [33, 39],
}
const OUTCOME_PAINT: Readonly<Record<VerdictOutcome, Paint>> = {
  pass: 'green',
  fail: 'red',
  inconclusive: 'yellow',
  'not attempted': 'dim',
}
const MIN_WIDTH = 60
const MAX_WIDTH = 100

export interface TerminalStyle {
  readonly width: number
  readonly paint: (text: string, ...paints: readonly Paint[]) => string
  /** Sign and word of an outcome: `✓ PASS`. */
  readonly outcome: (outcome: VerdictOutcome) => string
}

export function terminalStyle({ colour, width }: TerminalOptions): TerminalStyle {
  const paint = (text: string, ...paints: readonly Paint[]) => (colour ? paints.reduce(painted, text) : text)
  return {
    width: Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, Number.isFinite(width) ? Math.floor(width) : 80)),
    paint,
    outcome: outcome => {
      const { sign, word } = outcomeLook(outcome)
      return paint(`${sign} ${word.toUpperCase()}`, 'bold', OUTCOME_PAINT[outcome])
    },
  }
}

/** How many columns a text takes: wide East Asian characters and emoji take two, combining marks none. */
export function columnsOf(text: string): number {
  let columns = 0
  for (const character of text) columns += /\p{M}|\u200d|\ufe0f/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1
  return columns
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

function painted(text: string, paint: Paint): string {
  const [on, off] = CODES[paint]
  return `\u001b[${on}m${text}\u001b[${off}m`
}
