import { expect, test } from 'vitest'
import type { RunRecord } from '../harness/record/run-record.ts'
import { runRecordSchema } from '../harness/record/run-record.ts'
import { emptyRun, failingRun, passingRun } from './fixture/run-fixture.ts'
import { pageAssets } from './page/page.ts'
import { renderRunReport } from './run-report.ts'

const HOSTILE = '</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> \u001b[31m\u2028\u0000 "\' &'

test('the fixtures are records that the schema accepts', () => {
  for (const run of [passingRun(), failingRun(), emptyRun()]) expect(() => runRecordSchema.parse(run)).not.toThrow()
})

test('the report of a failed run is the one that was looked at and found good', async () => {
  await expect(withoutAssets(renderRunReport(failingRun()))).toMatchFileSnapshot('fixture/failing-run.golden.txt')
})

test('the verdict, its reasons and the headline come before any script, chart or table', () => {
  const page = renderRunReport(failingRun())
  const body = page.slice(page.indexOf('<body>'))
  const verdict = body.indexOf('Fail')
  expect(verdict).toBeGreaterThan(0)
  for (const later of ['3 deliveries were lost', '1,000.2', '<table>', '<figure', '<script'])
    expect(body.indexOf(later)).toBeGreaterThan(verdict)
})

test('an SLA missed by a hair is never rounded to the SLA', () => {
  expect(renderRunReport(failingRun())).toMatch(/class="figure">\s*1,000\.2 <small>ms/)
})

test.each([
  ['running', 'never came to its end'],
  ['interrupted', 'was interrupted'],
  ['failed', 'broke off'],
] as const)('a run whose status is %s says so before the verdict', (status, words) => {
  const page = renderRunReport({ ...passingRun(), status, statusText: 'Ctrl-C.' })
  expect(page.indexOf(words)).toBeGreaterThan(0)
  expect(page.indexOf(words)).toBeLessThan(page.indexOf('class="verdict-word"'))
})

test('a record without a message, a sample or a phase makes a page', () => {
  const page = renderRunReport(emptyRun())
  expect(page).toContain('Not attempted')
  expect(page).toContain('before it accepted a connection')
  expect(withoutAssets(page)).not.toMatch(/NaN|Infinity|undefined/)
})

test('how far away a server on another machine is stands on the page, also where nothing else of it was measured', () => {
  const run = passingRun()
  const far = { ...run, candidate: { ...run.candidate, startedByAssay: false, networkRttMs: 12.34 } }
  const unmeasured = { ...far, summary: { ...far.summary, server: null }, serverSamples: [] }
  for (const one of [far, unmeasured]) expect(renderRunReport(one)).toMatch(/Network round trip<\/dt>\s*<dd>12\.3 ms/)
  expect(renderRunReport(run)).not.toContain('Network round trip')
})

test('how strictly a server was contained stands on the page, unless Assay did not start it', () => {
  const run = passingRun()
  expect(renderRunReport(run)).toMatch(/Containment<\/dt>\s*<dd>strict \(own view/)
  const { containment: _, ...older } = run.candidate
  const attached = runRecordSchema.parse({ ...run, candidate: { ...older, startedByAssay: false } })
  expect(attached.candidate.containment).toBeNull()
  expect(renderRunReport(attached)).not.toContain('Containment')
})

test('a generator whose CPU nobody tells has no chart of it', () => {
  const run = passingRun()
  const page = renderRunReport({
    ...run,
    summary: { ...run.summary, generator: { ...run.summary.generator, cpu: null } },
    generatorSamples: run.generatorSamples.map(sample => ({ ...sample, cpu: null })),
  })
  expect(renderRunReport(run)).toContain('CPU of the busiest worker')
  expect(page).not.toContain('CPU of the busiest worker')
  expect(page).toContain('CPU not measured')
  expect(page).toContain('Largest delay of its own')
})

test('how a server ended stands there in its own sentence', () => {
  expect(renderRunReport(emptyRun())).toContain('<p class="note">The server exited with code 1 by itself.</p>')
})

test('nothing in a record becomes markup or script, wherever it stands', () => {
  const page = withoutAssets(renderRunReport(hostileRun()))
  for (const forbidden of ['<script>alert', '<img', '\u001b', '\u0000']) expect(page).not.toContain(forbidden)
  expect(page.match(/<script>/g)).toHaveLength(pageAssets.scripts.length)
})

test('the page stays below 2 MB for an hour of rows, 10,000 samples and a flood of output and evidence', () => {
  const huge = hugeRun()
  const page = renderRunReport(huge)
  expect(Buffer.byteLength(page)).toBeLessThan(2_000_000)
  // The highest of everything that was thinned out is still there.
  expect(page).toContain('99999')
  expect(page).toContain('7777.25')
})

/** The page with short names in place of the libraries and styles inlined into it. */
function withoutAssets(page: string): string {
  return [pageAssets.style, ...pageAssets.scripts]
    .reduce((text, asset, index) => text.replace(asset, () => `asset ${index}`), page)
    .replaceAll(/sha256-[\w+/=]+/g, 'sha256-…')
}

function hostileRun(): RunRecord {
  const run = failingRun()
  return replaced(run, (key, value) => (typeof value === 'string' && !KEPT.has(key) ? `${HOSTILE}${value}` : value)) as RunRecord
}

/** Fields with a fixed set of values or a fixed form. */
const KEPT = new Set(['kind', 'status', 'verdict', 'outcome', 'reading', 'transport', 'startedAt', 'endedAt'])

function replaced(value: unknown, replace: (key: string, value: unknown) => unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map(item => replaced(item, replace, key))
  if (typeof value !== 'object' || value === null) return replace(key, value)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, replaced(part, replace, name)]))
}

function hugeRun(): RunRecord {
  const run = failingRun({ rows: 3600, serverSamples: 10_000 })
  const rows = run.timeline.rows.map((row, index) => (index === 1801 ? { ...row, deliveries: 99_999 } : row))
  const generatorSamples = run.generatorSamples.map((sample, index) => (index === 4321 ? { ...sample, sendLagMaxMs: 7777.25 } : sample))
  const long = '"&<\u0000'.repeat(5000)
  const [piece] = run.evidence
  if (piece === undefined) throw new Error('Expected the failing fixture to hold evidence, got none.')
  const flood = {
    ...piece,
    text: long,
    lanes: repeated(50, index => `${index}${long}`),
    events: repeated(500, () => ({ atMs: 1, kind: 'read' as const, lane: long, text: long })),
  }
  return {
    ...run,
    generatorSamples,
    timeline: { ...run.timeline, rows },
    evidence: repeated(500, () => flood),
    candidate: { ...run.candidate, output: '"'.repeat(262_144) },
    summary: {
      ...run.summary,
      reasons: repeated(300, () => long),
      stalls: repeated(5000, atMs => ({ atMs, durationMs: 900, waitingMessages: 3, recovered: true })),
    },
    scenario: { ...run.scenario, names: repeated(5000, index => `user-${index}`) },
  }
}

function repeated<Item>(length: number, make: (index: number) => Item): Item[] {
  return Array.from({ length }, (_, index) => make(index))
}
