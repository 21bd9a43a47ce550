import type { VerdictOutcome } from '../../harness/record/run-record.ts'
import { html, trustedHtml, type Html } from './html.ts'

export interface OutcomeLook {
  readonly word: string
  /** The sign beside the word, in text. */
  readonly sign: string
  /** The class that gives the colours. */
  readonly tone: string
  /** For the tab's icon, where no style sheet reaches. */
  readonly colour: string
  /** The sign drawn in a circle of 24 by 24. */
  readonly path: string
}

const LOOKS: Readonly<Record<VerdictOutcome, OutcomeLook>> = {
  pass: { word: 'Pass', sign: '✓', tone: 'tone-pass', colour: '#00694e', path: 'M7 12.5l3.5 3.5L17 8.5' },
  fail: { word: 'Fail', sign: '✕', tone: 'tone-fail', colour: '#a8330a', path: 'M8 8l8 8M16 8l-8 8' },
  inconclusive: {
    word: 'Inconclusive',
    sign: '?',
    tone: 'tone-inconclusive',
    colour: '#7a5600',
    path: 'M8.6 9.2c.3-4 6.8-3.9 6.8-.1 0 2.5-3.4 2.5-3.4 5M12 17.6v.1',
  },
  'not attempted': { word: 'Not attempted', sign: '–', tone: 'tone-unattempted', colour: '#57606b', path: 'M7.5 12h9' },
}

export function outcomeLook(outcome: VerdictOutcome): OutcomeLook {
  return LOOKS[outcome]
}

/** The sign of an outcome: a shape as well as a colour. The word must stand beside it. */
export function outcomeMark(outcome: VerdictOutcome): Html {
  return html`<svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
    <circle cx="12" cy="12" r="12" />
    ${trustedHtml(`<path d="${LOOKS[outcome].path}"/>`)}
  </svg>`
}

/** An outcome within a table: sign and word. */
export function outcomeLabel(outcome: VerdictOutcome): Html {
  const { tone, word } = LOOKS[outcome]
  return html`<span class="outcome ${tone}">${outcomeMark(outcome)} ${word}</span>`
}
