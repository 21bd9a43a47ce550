import type { EvidenceEvent } from '../../harness/record/run-record.ts'
import { formatMoment } from '../text/number-format.ts'
import { plainLine } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { wrapped } from '../text/wrapped.ts'
import { behind, table } from './table.ts'
import { html, type Html, type HtmlValue } from './html.ts'

/** What happened, to whom, in which order: lanes side by side, time downwards. Its texts are shown as plain text, whatever they hold. */
export interface Sequence {
  /** The sentence above the picture. */
  readonly caption: HtmlValue
  /** The same without markup, for those who do not see the picture. */
  readonly summary: string
  readonly lanes: readonly string[]
  readonly events: readonly EvidenceEvent[]
  /** Shown between the sentence and the picture. */
  readonly chart?: Html
  /** Narrower lanes, so that something can stand beside the picture. */
  readonly narrow?: boolean
}

const MAX_LANES = 8
const MAX_EVENTS = 40
const MAX_TEXT = 160
const TIME_WIDTH = 88
const HEAD_HEIGHT = 34
const LINE_HEIGHT = 16
const CHARACTER_WIDTH = 6.6
/** What is wrong is set in bold. */
const BOLD_CHARACTER_WIDTH = 7.6
const WORDS: Readonly<Record<EvidenceEvent['kind'], string>> = {
  join: 'asks to join',
  joined: 'join acknowledged',
  send: 'sends',
  read: 'reads',
  missing: 'never came',
  wrong: 'should not be',
  close: 'closed',
  note: 'note',
}

interface Row {
  readonly event: EvidenceEvent
  readonly lane: number
  readonly lines: readonly string[]
  readonly top: number
  readonly height: number
}

/** A figure whose steps are evenly spaced, whatever the time between them; what is missing or wrong is what the eye meets. */
export function sequencePicture({ caption, summary, lanes: allLanes, events, chart, narrow = false }: Sequence): Html {
  const shownEvents = events.slice(0, MAX_EVENTS).map(event => ({ ...event, lane: plainLine(event.lane), text: plainLine(event.text) }))
  const lanes = lanesOf(allLanes.slice(0, MAX_LANES).map(plainLine), shownEvents)
  const laneWidth = laneWidthOf(lanes.length, narrow)
  const rows = laidOut(shownEvents, lanes, laneWidth)
  const height = (rows.at(-1)?.top ?? HEAD_HEIGHT) + (rows.at(-1)?.height ?? 0) + 12
  const width = TIME_WIDTH + lanes.length * laneWidth
  const x = (lane: number) => TIME_WIDTH + 22 + lane * laneWidth
  const picture = html`<svg
    class="picture"
    width="${width}"
    height="${height}"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="${summary}"
  >
    ${rows.filter(row => isBad(row.event)).map(row => html`<rect class="bad-row" x="${TIME_WIDTH}" y="${row.top}" width="${width - TIME_WIDTH}" height="${row.height}" rx="5" />`)}
    ${lanes.map((lane, index) => html`<text class="lane-name" x="${x(index) - 6}" y="16">${truncated(lane, Math.floor(laneWidth / 8))}</text><line class="lane" x1="${x(index)}" x2="${x(index)}" y1="${HEAD_HEIGHT - 8}" y2="${height - 4}" />`)}
    ${arrows(rows, x)} ${rows.map(row => step(row, x(row.lane)))}
  </svg>`
  return html`<figure class="sequence">
    <figcaption>${caption}</figcaption>
    ${chart}
    ${shownEvents.length > 0 && html`<div class="scroll" tabindex="0" role="region" aria-label="Sequence picture">${picture}</div>`}
    ${(events.length > MAX_EVENTS || allLanes.length > MAX_LANES) && html`<p class="note">Shown are the first ${shownEvents.length} of ${events.length} steps and ${lanes.length} of ${allLanes.length} lanes.</p>`}
    ${shownEvents.length > 0 && behind('The same as a list', stepTable(shownEvents))}
  </figure>`
}

function laneWidthOf(lanes: number, narrow: boolean): number {
  if (narrow) return lanes <= 1 ? 380 : 190
  if (lanes <= 2) return 290
  return lanes === 3 ? 230 : 180
}

/** The lanes in the order given, with any lane that only an event names after them. */
function lanesOf(lanes: readonly string[], events: readonly EvidenceEvent[]): string[] {
  return [...new Set([...lanes, ...events.map(event => event.lane)])].slice(0, MAX_LANES)
}

function laidOut(events: readonly EvidenceEvent[], lanes: readonly string[], laneWidth: number): Row[] {
  let top = HEAD_HEIGHT
  return events.flatMap(event => {
    const lane = lanes.indexOf(event.lane)
    if (lane < 0) return []
    const lines = wrapped(
      truncated(event.text === '' ? WORDS[event.kind] : event.text, MAX_TEXT),
      Math.floor((laneWidth - 44) / (isBad(event) ? BOLD_CHARACTER_WIDTH : CHARACTER_WIDTH)),
    )
    const row = { event, lane, lines, top, height: lines.length * LINE_HEIGHT + 14 }
    top += row.height + 4
    return [row]
  })
}

/** From the one send to each read of it. With several sends, which read belongs to which is not known here, so nothing is drawn. */
function arrows(rows: readonly Row[], x: (lane: number) => number): HtmlValue {
  const sends = rows.filter(row => row.event.kind === 'send')
  const send = sends[0]
  if (send === undefined || sends.length > 1) return null
  const targets = rows.filter(row => row.lane !== send.lane && row.top > send.top && ['read', 'missing', 'wrong'].includes(row.event.kind))
  return targets.map(target => {
    const side = target.lane > send.lane ? -11 : 11
    const line = `M${x(send.lane)} ${middle(send)}L${x(target.lane) + side} ${middle(target)}`
    return html`<path class="arrow ${arrowTone(target.event)}" d="${line}" />`
  })
}

function arrowTone({ kind }: EvidenceEvent): string {
  if (kind === 'missing') return 'bad unseen'
  return kind === 'wrong' ? 'bad' : ''
}

function step(row: Row, x: number): Html {
  const { event, lines } = row
  const y = middle(row)
  const first = y + 4 - ((lines.length - 1) * LINE_HEIGHT) / 2
  return html`<text class="time" x="${TIME_WIDTH - 10}" y="${y + 4}">${event.atMs === null ? '' : formatMoment(event.atMs)}</text>
    ${SIGNS[event.kind](x, y)}
    <text class="step-text ${isBad(event) && 'bad-text'}" x="${x + 18}" y="${first}"
      >${lines.map((line, index) => html`<tspan x="${x + 18}" dy="${index === 0 ? 0 : LINE_HEIGHT}">${line}</tspan>`)}</text
    >`
}

const SIGNS: Readonly<Record<EvidenceEvent['kind'], (x: number, y: number) => Html>> = {
  missing: (x, y) =>
    html`<circle class="bad-ring" cx="${x}" cy="${y}" r="10" /><path class="bad-sign" d="M${x - 4} ${y - 4}l8 8m0-8l-8 8" />`,
  wrong: (x, y) => html`<circle class="bad-ring" cx="${x}" cy="${y}" r="10" /><path class="bad-sign" d="M${x} ${y - 5}v6m0 4v.1" />`,
  close: (x, y) => html`<path class="close-bar" d="M${x - 8} ${y}h16" />`,
  join: quietDot,
  joined: quietDot,
  note: (x, y) => html`<circle class="dot note" cx="${x}" cy="${y}" r="5" />`,
  send: dot,
  read: dot,
}

function dot(x: number, y: number): Html {
  return html`<circle class="dot" cx="${x}" cy="${y}" r="6.5" />`
}

function quietDot(x: number, y: number): Html {
  return html`<circle class="dot quiet" cx="${x}" cy="${y}" r="5.5" />`
}

function stepTable(events: readonly EvidenceEvent[]): Html {
  return table(
    'The steps in order',
    [
      { heading: 'Time', numeric: true, cell: event => (event.atMs === null ? '–' : formatMoment(event.atMs)) },
      { heading: 'Who', cell: event => truncated(event.lane, MAX_TEXT) },
      { heading: 'What', cell: event => WORDS[event.kind] },
      { heading: 'In words', cell: event => truncated(event.text, MAX_TEXT) },
    ],
    events,
  )
}

function middle(row: Row): number {
  return row.top + row.height / 2
}

function isBad(event: EvidenceEvent): boolean {
  return event.kind === 'missing' || event.kind === 'wrong'
}
