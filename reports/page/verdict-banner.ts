import type { VerdictOutcome } from '../../harness/record/run-record.ts'
import { html, type Html, type HtmlValue } from './html.ts'
import { outcomeLook, outcomeMark } from './verdict-mark.ts'

/** The one figure that stands beside a verdict. */
export interface Headline {
  readonly figure: string
  readonly unit: string
  readonly what: string
  readonly beside: string
  readonly picture: HtmlValue
}

/** More reasons than this are not read; the record holds them all. */
const MAX_REASONS = 30

/** The first thing on every page: the verdict in a word, why, and the figure that matters most. */
export function verdictBanner(outcome: VerdictOutcome, reasons: readonly string[], headline: Headline): Html {
  const { tone, word } = outcomeLook(outcome)
  const shown = reasons.slice(0, MAX_REASONS)
  return html`<div class="verdict ${tone}" id="verdict">
    <div>
      <p class="verdict-word">${outcomeMark(outcome)} ${word}</p>
      <ul class="reasons">
        ${shown.map(reason => html`<li>${reason}</li>`)}
        ${reasons.length > shown.length && html`<li>${reasons.length - shown.length} more reasons are in the record.</li>`}
      </ul>
    </div>
    <div class="headline">
      <span class="figure">${headline.figure} <small>${headline.unit}</small></span>
      <p class="what">${headline.what}</p>
      <p class="beside">${headline.beside}</p>
      ${headline.picture}
    </div>
  </div>`
}

/** A bar from zero with a mark where the limit stands: how far below or above it a value is, seen without reading. */
export function gauge(value: number, limit: number, limitLabel: string): Html {
  const end = Math.max(limit * 1.15, value * 1.05, Number.MIN_VALUE)
  const percent = (part: number) => `${((part / end) * 100).toFixed(2)}%`
  const labelAnchor = limit / end < 0.3 ? 'start' : 'end'
  return html`<svg class="gauge" aria-hidden="true">
    <rect class="track" y="6" width="100%" height="10" rx="5" />
    <rect class="reach" y="6" width="${percent(Math.max(value, end * 0.004))}" height="10" rx="${value / end < 0.03 ? 1.5 : 5}" />
    <line class="limit" x1="${percent(limit)}" x2="${percent(limit)}" y1="0" y2="22" />
    <text x="${percent(limit)}" y="38" text-anchor="${labelAnchor}">${limitLabel}</text>
    <text x="0" y="38">${labelAnchor === 'end' && '0'}</text>
  </svg>`
}
