import { expect, test } from 'vitest'
import { table } from './table.ts'
import { verdictBanner } from './verdict-banner.ts'

const LINES = Array.from({ length: 250 }, (_, index) => `line ${index}`)

// A page may be drawn from run.json, check.json or capacity.json.
test('what a page leaves out is said to be in the record, whichever file that is', () => {
  const headline = { figure: '1', unit: 'ms', what: '', beside: '', picture: null }
  expect(verdictBanner('fail', LINES, headline).markup).toContain('<li>220 more reasons are in the record.</li>')
  expect(table('lines', [{ heading: 'line', cell: line => line }], LINES).markup).toContain('10 more rows are in the record.')
})
