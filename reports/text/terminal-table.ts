import { columnsOf } from './terminal-style.ts'

/** Rows of cells as aligned lines: the first column flush left, the others flush right, two spaces between them. */
export function terminalTable(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, columnsOf(cell))))
  return rows.map(row =>
    row
      .map((cell, index) => aligned(cell, widths[index] ?? 0, index === 0))
      .join('  ')
      .trimEnd(),
  )
}

function aligned(cell: string, width: number, left: boolean): string {
  const space = ' '.repeat(Math.max(0, width - columnsOf(cell)))
  return left ? cell + space : space + cell
}
