/** The benchmark's tables, and a curve where one says it better, as one page. */
import { chart } from './page/chart.ts'
import { html, type Html } from './page/html.ts'
import { renderPage, section } from './page/page.ts'
import { table } from './page/table.ts'

export interface BenchPageTable {
  readonly title: string
  readonly note: string
  readonly rounds: number
  readonly headings: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly curve?: { readonly x: string; readonly y: string; readonly points: readonly (readonly [number, number])[] }
}

export function renderBenchPage(tables: readonly BenchPageTable[]): string {
  return renderPage({
    title: 'Benchmark · Assay',
    icon: { sign: '≈', colour: '#0b5f8f' },
    charts: tables.some(one => one.curve !== undefined),
    body: html`<h1>The server and the generator beside their peers</h1>
      ${tables.map((one, index) => section(`part-${index}`, one.title, `${one.note} ${inRounds(one.rounds)}`, partContent(one, index)))}`,
  })
}

export function inRounds(rounds: number): string {
  return rounds === 1 ? 'One round.' : `${rounds} rounds, median (lowest to highest).`
}

function partContent(one: BenchPageTable, index: number): Html {
  const numbers = table(
    one.title,
    one.headings.map((heading, column) => ({ heading, numeric: column > 0, cell: (row: readonly string[]) => row[column] ?? '' })),
    one.rows,
  )
  const { curve } = one
  if (curve === undefined) return numbers
  // Sizes grow tenfold a step, so they stand evenly on a logarithmic axis.
  return html`${numbers}
  ${chart({
    id: `curve-${index}`,
    title: one.title,
    summary: `${curve.y} over ${curve.x}.`,
    x: 'number',
    xLabel: `${curve.x} (powers of ten)`,
    xs: curve.points.map(([x]) => Math.log10(x)),
    unit: 'count',
    scale: 'linear',
    series: [{ label: curve.y, values: curve.points.map(([, y]) => y), colour: 1 }],
    numbers,
  })}`
}
