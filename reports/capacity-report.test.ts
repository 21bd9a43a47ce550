import { describe, expect, test } from 'vitest'
import { capacityRecordSchema } from '../harness/record/capacity-record.ts'
import { renderCapacityReport } from './capacity-report.ts'
import { renderCapacityText } from './capacity-text.ts'
import { capacityRecord, capacityStep } from './fixture/capacity-fixture.ts'

const PLAIN = { colour: false, width: 100 }

describe('a capacity search', () => {
  test('is a record that its own schema accepts', () => {
    expect(capacityRecordSchema.safeParse(capacityRecord()).success).toBe(true)
  })

  test('says in the terminal what the capacity is, what was too much, and what ran out', () => {
    const text = renderCapacityText(capacityRecord(), PLAIN)
    expect(text).toContain('my server handles 1,000 users under lobby; 1,040 were too many.')
    expect(text).toContain('What ran out: server CPU. The server used 99 % of a core.')
  })

  test('lists the steps by load, whatever order they were played in', () => {
    const lines = renderCapacityText(
      capacityRecord({ steps: [capacityStep(1040, 'fail'), capacityStep(500, 'pass'), capacityStep(1000, 'pass')] }),
      PLAIN,
    ).split('\n')
    const loads = lines.flatMap(line => /^([\d,]+) {2}.*(PASS|FAIL)/.exec(line)?.[1] ?? [])
    expect(loads).toEqual(['500', '1,000', '1,040'])
  })

  test('gives no figure for the server where the generator, or another program, ended first', () => {
    for (const exhausted of ['generator', 'other programs'] as const) {
      const text = renderCapacityText(capacityRecord({ capacity: null, exhausted, exhaustedText: '' }), PLAIN)
      expect(text).toContain(
        'How much my server handles was not found: it carried 1,000 users under lobby, and 1,040 could not be offered.',
      )
      expect(text).not.toContain('my server handles 1,000')
    }
  })

  test('says what was carried until the search was ended, and that nothing was', () => {
    expect(renderCapacityText(capacityRecord({ capacity: null, isSettled: false }), PLAIN)).toContain(
      'was not found: it carried 1,000 users under lobby.',
    )
    const none = capacityRecord({ capacity: null, atLeast: null, notMet: 1 })
    expect(renderCapacityText(none, PLAIN)).toContain('at no load that was tried (not even at 1 users)')
  })

  test('draws the curve of latency over load in the terminal, and where the SLA lies', () => {
    const lines = renderCapacityText(capacityRecord(), PLAIN).split('\n')
    const bars = lines.filter(line => line.includes('█'))
    expect(bars).toHaveLength(3)
    expect(bars.every(line => line.includes('┊') || line.lastIndexOf('█') > 60)).toBe(true)
  })

  test('leaves the place of Assay’s CPU empty where nobody tells it', () => {
    const unknown = capacityRecord({ steps: [{ ...capacityStep(500, 'pass'), generatorCpu: null }] })
    expect(renderCapacityText(unknown, PLAIN)).toMatch(/90 % {2,}✓ PASS/)
    expect(renderCapacityReport(unknown)).not.toMatch(/>\s*0 %/)
  })

  test('of a server that failed shows what it printed last, in the terminal without escapes and on the page as text', () => {
    const failed = capacityRecord({
      status: 'failed',
      statusText: 'Expected it to build.',
      steps: [],
      output: '\u001b[31m<b>no such module\u001b[0m\n',
    })
    expect(capacityRecordSchema.safeParse(failed).success).toBe(true)
    expect(renderCapacityText(failed, PLAIN)).toContain('What it printed last:\n  <b>no such module\n')
    expect(renderCapacityReport(failed)).toContain('&lt;b&gt;no such module')
    expect(renderCapacityText(capacityRecord(), PLAIN)).not.toContain('printed')
  })

  test('says on the page how the server was contained, unless Assay did not start it', () => {
    expect(renderCapacityReport(capacityRecord({ containment: 'containment: group (watched limits only)' }))).toMatch(
      /Containment<\/dt>\s*<dd>group \(watched limits only\)/,
    )
    expect(renderCapacityReport(capacityRecord({}))).not.toContain('Containment')
    const { containment: _, ...older } = capacityRecord({})
    expect(capacityRecordSchema.parse(older).containment).toBeNull()
  })

  test('makes a page on which a hostile name stays text', () => {
    const page = renderCapacityReport(capacityRecord({ candidate: '<img src=x onerror=alert(1)>' }))
    expect(page).not.toContain('<img src=x')
    expect(page).toContain('Latency over load')
    expect(page).toContain('1,040')
  })
})
