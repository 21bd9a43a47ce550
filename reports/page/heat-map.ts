import { formatCount, formatMs } from '../text/number-format.ts'
import { html, trustedHtml, type Html, type HtmlValue } from './html.ts'
import type { ChartSpan } from './chart.ts'

/** One interval of a heat map. */
export interface HeatColumn {
  /** [index into the bucket edges, count]; zero counts left out. */
  readonly counts: readonly (readonly [bucket: number, count: number])[]
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export interface HeatMap {
  readonly title: string
  readonly summary: string
  /** Upper edges in ms, ascending. */
  readonly edges: readonly number[]
  readonly columns: readonly HeatColumn[]
  /** The times at which the first column begins and the last one ends, in seconds. */
  readonly fromSeconds: number
  readonly toSeconds: number
  readonly limitMs: number
  /** Phases, in seconds. */
  readonly spans: readonly ChartSpan[]
  readonly numbers: Html
}

interface Frame {
  readonly low: number
  readonly high: number
  /** From ms to a height in pixels from the top. */
  readonly y: (ms: number) => number
}

const HEIGHT = 300
const TOP = 24
const LEVELS = 7
/** More bands than this cannot be told apart at this height. */
const MAX_BANDS = 60
const LOWEST_MS = 0.01

/** Latency over time: each cell says how many were read with that latency; lines show p50, p99 and the highest. Works without JavaScript. */
export function heatMap(map: HeatMap): Html {
  const frame = frameOf(map)
  const ticks = decades(frame)
  const seconds = map.toSeconds - map.fromSeconds
  const left = (second: number) => `${(((second - map.fromSeconds) / seconds) * 100).toFixed(2)}%`
  const limitY = (TOP + frame.y(map.limitMs)).toFixed(1)
  return html`<figure class="heat">
    <figcaption>${map.title}</figcaption>
    <div class="heat-frame">
      <svg height="${HEIGHT + TOP + 24}" aria-hidden="true">
        ${ticks.map(ms => html`<text x="100%" dx="-8" y="${TOP + frame.y(ms) + 4}" text-anchor="end">${formatTick(ms)}</text>`)}
      </svg>
      <svg height="${HEIGHT + TOP + 24}" role="img" aria-label="${map.summary}">
        ${map.spans.map(span => spanMark(span, left))}
        ${ticks.map(ms => html`<line class="heat-grid" x1="0" x2="100%" y1="${TOP + frame.y(ms)}" y2="${TOP + frame.y(ms)}" />`)}
        <svg
          y="${TOP}"
          width="100%"
          height="${HEIGHT}"
          viewBox="0 0 ${Math.max(1, map.columns.length)} ${HEIGHT}"
          preserveAspectRatio="none"
        >
          ${cells(map, frame)} ${lines(map, frame)}
        </svg>
        <line class="heat-limit" x1="0" x2="100%" y1="${limitY}" y2="${limitY}" />
        <text class="heat-limit-text" x="6" y="${Number(limitY) - 5}">SLA ${formatMs(map.limitMs)}</text>
        ${secondTicks(map.fromSeconds, map.toSeconds).map(second => html`<text x="${left(second)}" y="${HEIGHT + TOP + 18}" text-anchor="${anchor(second, map)}">${second} s</text>`)}
      </svg>
    </div>
    ${key()} ${map.numbers}
  </figure>`
}

function frameOf(map: HeatMap): Frame {
  let low = Infinity
  let high = map.limitMs * 1.5
  for (const column of map.columns) {
    for (const [bucket] of column.counts) low = Math.min(low, lowerEdge(map.edges, bucket))
    high = Math.max(high, column.max * 1.2)
  }
  const bottom = Math.max(LOWEST_MS, Math.min(low, map.limitMs / 10) * 0.9)
  const scale = HEIGHT / Math.log(high / bottom)
  const y = (ms: number) => Math.min(HEIGHT, Math.max(0, HEIGHT - Math.log(Math.max(ms, bottom) / bottom) * scale))
  return { low: bottom, high, y: ms => Math.round(y(ms) * 10) / 10 }
}

/** One path a level of colour: thousands of cells in a few kilobytes. */
function cells(map: HeatMap, frame: Frame): HtmlValue {
  const bands = bandsOf(map, frame)
  const columns = map.columns.map(column => countsByBand(column, bands))
  let most = 1
  for (const counts of columns) for (const count of counts.values()) most = Math.max(most, count)
  const paths = new Map<string, string>()
  columns.forEach((counts, index) => {
    for (const [band, count] of counts) {
      const level = Math.min(LEVELS, 1 + Math.floor((Math.log(count) / Math.log(most + 1)) * LEVELS))
      const name = `${band.fromMs >= map.limitMs ? 'o' : 'h'}${level}`
      const top = frame.y(band.toMs)
      const height = Math.max(1.5, Math.round((frame.y(band.fromMs) - top) * 10) / 10)
      paths.set(name, `${paths.get(name) ?? ''}M${index} ${top}h1v${height}h-1z`)
    }
  })
  return [...paths].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, path]) => trustedHtml(`<path class="${name}" d="${path}"/>`))
}

interface Band {
  readonly fromMs: number
  readonly toMs: number
}

/** For each bucket its band. Neighbours share one where there are too many, but never across the limit, so that the colour stays true. */
function bandsOf({ edges, limitMs }: HeatMap, frame: Frame): Band[] {
  const visible = edges.filter(edge => edge >= frame.low && edge <= frame.high).length
  const size = Math.max(1, Math.ceil(visible / MAX_BANDS))
  const split = edges.findIndex((_, bucket) => lowerEdge(edges, bucket) >= limitMs)
  const border = split < 0 ? edges.length : split
  const bands: Band[] = []
  while (bands.length < edges.length) {
    const first = bands.length
    const end = Math.min(first + size, first < border ? border : edges.length)
    const band = { fromMs: lowerEdge(edges, first), toMs: edges[end - 1] ?? 0 }
    for (let bucket = first; bucket < end; bucket++) bands.push(band)
  }
  return bands
}

function countsByBand(column: HeatColumn, bands: readonly Band[]): Map<Band, number> {
  const counts = new Map<Band, number>()
  for (const [bucket, count] of column.counts) {
    const band = bands[Math.min(bucket, bands.length - 1)]
    if (band !== undefined && count > 0) counts.set(band, (counts.get(band) ?? 0) + count)
  }
  return counts
}

function lines(map: HeatMap, frame: Frame): HtmlValue {
  return (['max', 'p99', 'p50'] as const).map(name => {
    let path = ''
    let open = false
    map.columns.forEach((column, index) => {
      const measured = column.counts.length > 0
      if (measured) path += `${open ? 'L' : 'M'}${index} ${frame.y(column[name])}h1`
      open = measured
    })
    return trustedHtml(path === '' ? '' : `<path class="heat-halo" d="${path}"/><path class="heat-line line-${name}" d="${path}"/>`)
  })
}

function spanMark(span: ChartSpan, left: (second: number) => string): Html {
  const share = Number.parseFloat(left(span.to)) - Number.parseFloat(left(span.from))
  return html`${span.shaded && html`<rect class="track-shade" x="${left(span.from)}" y="${TOP}" width="${share}%" height="${HEIGHT}" />`}<line
      class="heat-edge"
      x1="${left(span.from)}"
      x2="${left(span.from)}"
      y1="4"
      y2="${HEIGHT + TOP}"
    />${share > 15 && html`<svg x="${left(span.from)}" overflow="visible"><text x="6" y="16">${span.label}</text></svg>`}`
}

function key(): Html {
  const line = (name: string) =>
    html`<svg width="24" viewBox="0 0 24 12" aria-hidden="true"><path class="heat-line line-${name}" d="M0 6h24" /></svg>`
  const ramp = (letter: string) =>
    html`<svg width="56" viewBox="0 0 56 12" aria-hidden="true">
      ${Array.from({ length: LEVELS }, (_, index) => html`<rect class="${letter}${index + 1}" x="${index * 8}" width="8" height="12" />`)}
    </svg>`
  return html`<ul class="key">
    <li>${line('p50')}p50</li>
    <li>${line('p99')}p99</li>
    <li>${line('max')}max</li>
    <li>${ramp('h')}few to many, within the SLA</li>
    <li>${ramp('o')}beyond it</li>
  </ul>`
}

function decades({ low, high }: Frame): number[] {
  const first = Math.ceil(Math.log10(low))
  const last = Math.floor(Math.log10(high))
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => Number((10 ** (first + index)).toPrecision(1)))
}

function formatTick(ms: number): string {
  return ms < 1 ? `${ms} ms` : `${formatCount(ms)} ms`
}

/** About six round moments. */
function secondTicks(from: number, to: number): number[] {
  const span = to - from
  if (!(span > 0)) return []
  const rough = span / 6
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map(factor => factor * power).find(candidate => candidate >= rough) ?? rough
  const ticks: number[] = []
  for (let index = Math.ceil(from / step); index * step <= to; index++) ticks.push(Number((index * step).toPrecision(6)))
  return ticks
}

function anchor(second: number, { fromSeconds, toSeconds }: HeatMap): string {
  const share = (second - fromSeconds) / (toSeconds - fromSeconds)
  if (share < 0.03) return 'start'
  return share > 0.97 ? 'end' : 'middle'
}

function lowerEdge(edges: readonly number[], bucket: number): number {
  return bucket <= 0 ? 0 : (edges[Math.min(bucket - 1, edges.length - 1)] ?? 0)
}
