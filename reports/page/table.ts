import { html, type Html, type HtmlValue } from './html.ts'

export interface Column<Row> {
  readonly heading: string
  readonly cell: (row: Row) => HtmlValue
  /** Numbers are set flush right, with digits of one width. */
  readonly numeric?: boolean
}

/** More rows than this make no table that a person reads; the record holds them all. */
const MAX_ROWS = 240

/** A table with a caption (read aloud, not shown where a heading stands above it). The first column names the row. */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Html {
  const shown = rows.slice(0, MAX_ROWS)
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(column => html`<th scope="col" ${numericClass(column)}>${column.heading}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${shown.map(row => tableRow(columns, row))}
      </tbody>
    </table>
    ${rows.length > shown.length && html`<p class="note">${rows.length - shown.length} more rows are in the record.</p>`}
  </div>`
}

/** A table folded away behind the chart that draws it. */
export function behind(label: string, content: Html): Html {
  return html`<details class="behind">
    <summary>${label}</summary>
    ${content}
  </details>`
}

function tableRow<Row>(columns: readonly Column<Row>[], row: Row): Html {
  const cells = columns.map((column, index) =>
    index === 0
      ? html`<th scope="row" ${numericClass(column)}>${column.cell(row)}</th>`
      : html`<td ${numericClass(column)}>${column.cell(row)}</td>`,
  )
  return html`<tr>
    ${cells}
  </tr>`
}

function numericClass<Row>(column: Column<Row>): Html {
  return column.numeric === true ? html`class="number"` : html``
}
