import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptyRun, failingRun, passingRun } from './fixture/run-fixture.ts'
import { escapeXml, renderJUnit } from './junit.ts'

test('a run that passed has a case for the verdict, each threshold and each invariant that no threshold covers', () => {
  const xml = renderJUnit([passingRun()])
  expect(xml).toContain('tests="8" failures="0" errors="0" skipped="0"')
  expect(xml.match(/name="threshold: lost"/g)).toHaveLength(1)
  expect(xml).not.toContain('no delivery is lost')
  expect(xml).toContain('invariant: no delivery goes astray')
})

test('a failed threshold and a broken invariant are failures with what was expected', () => {
  const xml = renderJUnit([failingRun()])
  expect(xml).toContain('<failure message="Expected no delivery lost, got 3."/>')
  expect(xml).toContain('<failure message="Expected misdelivered to be 0, got 1."/>')
})

test('what is inconclusive is an error, so that no build is green by it', () => {
  const run = failingRun()
  const unsure = { ...run, summary: { ...run.summary, verdict: 'inconclusive' as const, reasons: ['generator saturated'] } }
  const xml = renderJUnit([unsure])
  expect(xml).toContain('name="verdict"><error type="inconclusive" message="generator saturated"/>')
  expect(xml).toContain('name="invariant: no delivery goes astray"><error')
})

test('a run that broke off is an error even where nothing was measured', () => {
  expect(renderJUnit([emptyRun()])).toContain('errors="1"')
  expect(renderJUnit([{ ...passingRun(), status: 'interrupted' }])).toMatch(/name="verdict"><error/)
})

test('what ended the command before its end is an error beside what was finished, so that no build is green by the rest', () => {
  const xml = renderJUnit([passingRun()], 'Expected a <server>.')
  expect(xml.match(/<testsuite /g)).toHaveLength(2)
  expect(xml).toContain('errors="1"')
  expect(xml).toContain('<error type="broken off" message="Expected a &lt;server&gt;."/>')
  expect(renderJUnit([passingRun()])).not.toContain('broken off')
})

test('XML text holds no markup and no character that XML 1.0 forbids', () => {
  expect(escapeXml('a\u0000\u001b<b>&"\ud800\ufffe😀')).toBe('a&lt;b&gt;&amp;&quot;😀')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(escapeXml(text)).not.toMatch(/[<>"]|[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u)
    }),
  )
})
