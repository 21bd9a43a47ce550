import { behind } from './table.ts'
import { downsampled } from './downsample.ts'
import { html, jsonForScript, type Html } from './html.ts'

/** How a value reads on an axis and beside the cursor. */
type ChartUnit = 'ms' | 'count' | 'bytes' | 'share'

interface ChartSeries {
  readonly label: string
  /** One value for each x; `null` is a gap. */
  readonly values: readonly (number | null)[]
  /** Which of the palette's colours, from 1 to 4. */
  readonly colour: 1 | 2 | 3 | 4
  readonly dashed?: boolean
  readonly filled?: boolean
}

export interface ChartSpan {
  readonly label: string
  readonly from: number
  readonly to: number
  /** Set apart by a shade: what no percentile counts. */
  readonly shaded: boolean
}

export interface Chart {
  readonly id: string
  readonly title: string
  /** What the picture shows, for those who do not see it. */
  readonly summary: string
  /** `seconds`: time on the schedule. `percentile`: see `percentilePosition`. `number`: a plain number, e.g. users. */
  readonly x: 'seconds' | 'percentile' | 'number'
  readonly xLabel: string
  readonly xs: readonly number[]
  readonly unit: ChartUnit
  readonly scale: 'linear' | 'log'
  readonly series: readonly ChartSeries[]
  /** Horizontal lines such as the SLA. */
  readonly marks?: readonly { readonly label: string; readonly value: number }[]
  /** Named stretches of x, such as the phases. */
  readonly spans?: readonly ChartSpan[]
  readonly small?: boolean
  /** The numbers behind the picture. */
  readonly numbers: Html
}

/** More points than a screen has columns are not seen, and a page must stay small whatever a run's length. */
const MAX_POINTS = 800

/** A figure that the page's script draws with uPlot from the data beside it; without JavaScript the table behind it says the same. */
export function chart(spec: Chart): Html {
  const { xs, columns } = downsampled({ xs: spec.xs, columns: spec.series.map(series => series.values) }, MAX_POINTS)
  const data = {
    x: spec.x,
    xLabel: spec.xLabel,
    unit: spec.unit,
    scale: spec.scale,
    small: spec.small === true,
    marks: spec.marks ?? [],
    spans: spec.spans ?? [],
    series: spec.series.map(({ label, colour, dashed, filled }) => ({ label, colour, dashed: dashed === true, filled: filled === true })),
    data: [xs, ...columns].map(column => column.map(compact)),
  }
  return html`<figure class="chart" id="${spec.id}">
    <figcaption>${spec.title}</figcaption>
    <div class="plot" tabindex="0" role="img" aria-label="${spec.summary} The arrow keys move along the chart."></div>
    <noscript><p class="note">The drawing needs JavaScript. Its numbers are in the table.</p></noscript>
    <script type="application/json">
      ${jsonForScript(data)}
    </script>
    ${behind('The numbers behind this chart', spec.numbers)}
  </figure>`
}

/** Where a percentile stands on the curve's axis: each further nine takes as much room as the one before, and 100 stands after 99.99. */
export function percentilePosition(percentile: number): number {
  const LAST = 4.5
  if (percentile >= 100) return LAST
  return Math.min(-Math.log10(1 - Math.max(0, percentile) / 100), LAST)
}

/** Seven digits are more than any screen shows, and half the size. */
function compact(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(7))
}
