import type { CheckEvidence } from '../../harness/record/check-record.ts'
import { formatMs } from '../text/number-format.ts'
import { plainLine } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { html, type Html } from './html.ts'

type Span = NonNullable<CheckEvidence['spans']>[number]

const MAX_SPANS = 16
const MAX_MARKS = 6
const NAME_WIDTH = 150
const CHART_WIDTH = 560
const ROW_HEIGHT = 30
const HEAD_HEIGHT = 22
const BAR_HEIGHT = 12
/** An instant is drawn this wide, or it would not be seen. */
const MIN_BAR_WIDTH = 4
const CHARACTER_WIDTH = 6.4
const MAX_NAME = 22
const MAX_TEXT = 46

/** Operations as bars from call to answer, a row each, time to the right; dashed lines are what was done to the nodes meanwhile. */
export function spanPicture({ spans = [], events }: Pick<CheckEvidence, 'spans' | 'events'>): Html {
  const shown = spans.slice(0, MAX_SPANS)
  const endMs = Math.max(...shown.flatMap(({ fromMs, toMs }) => [fromMs, toMs ?? fromMs]), 1)
  const x = (ms: number): number => NAME_WIDTH + (Math.max(0, Math.min(ms, endMs)) / endMs) * CHART_WIDTH
  const width = NAME_WIDTH + CHART_WIDTH + 20
  const height = HEAD_HEIGHT + shown.length * ROW_HEIGHT + 6
  const marks = events.filter(({ kind, atMs }) => kind === 'close' && atMs !== null).slice(0, MAX_MARKS)
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Operations over time">
    <svg
      class="picture spans"
      width="${width}"
      height="${height}"
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label="Operations over time"
    >
      <text class="time start" x="${NAME_WIDTH}" y="14">0</text>
      <text class="time" x="${NAME_WIDTH + CHART_WIDTH}" y="14">${formatMs(endMs)}</text>
      ${marks.map(({ atMs, text }) => html`<path class="mark" d="M${x(atMs ?? 0)} ${HEAD_HEIGHT - 4}V${height}"><title>${plainLine(text)}</title></path>`)}
      ${shown.map((span, row) => bar(span, HEAD_HEIGHT + row * ROW_HEIGHT, x))}
    </svg>
  </div>`
}

function bar({ lane, fromMs, toMs, text, isWrong }: Span, top: number, x: (ms: number) => number): Html {
  const from = x(fromMs)
  const to = Math.max(from + MIN_BAR_WIDTH, x(toMs ?? Infinity))
  const words = truncated(plainLine(text), MAX_TEXT)
  const length = words.length * CHARACTER_WIDTH
  // Beside the bar where there is room, otherwise before it, otherwise above everything from the left edge of the chart.
  const end = NAME_WIDTH + CHART_WIDTH
  const at = to + 8 + length <= end ? to + 8 : Math.max(NAME_WIDTH, from - 8 - length)
  return html`<text class="lane-name" x="0" y="${top + 15}">${truncated(plainLine(lane), MAX_NAME)}</text>
    <rect
      class="span ${isWrong && 'bad'} ${toMs === null && 'open'}"
      x="${from}"
      y="${top + 4}"
      width="${to - from}"
      height="${BAR_HEIGHT}"
      rx="3"
    />
    <text class="step-text ${isWrong && 'bad-text'}" x="${at}" y="${top + 14}">${words}</text>`
}
