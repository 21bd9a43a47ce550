import { describe, expect, test } from 'vitest'
import { checkRecord, checkResult } from '../judge/check-record-fixture.ts'
import { assayFaultText } from './assay-fault.ts'

describe('a bug of Assay in an examination', () => {
  test('is not spoken of where there was none, whatever failed', () => {
    expect(assayFaultText([checkRecord({ 's1.rejoin': 'fail', 's1.body': 'inconclusive' })])).toBeNull()
  })

  test('is said with the check, the stack, whose fault it is, and how to see it again', () => {
    const faulty = checkResult('s1.body', 'inconclusive', { assayFault: 'TypeError: x is not a function\n    at play (body.ts:7)' })
    const record = { ...checkRecord(), checks: [faulty, checkResult('s1.rejoin', 'fail')] }
    const text = assayFaultText([checkRecord(), record])
    expect(text).toMatch(/Assay itself failed in one check: s1\.body of jane-doe \(inconclusive\)/)
    expect(text).toMatch(/not of the server/)
    expect(text).toMatch(/at play \(body\.ts:7\)/)
    expect(text).toMatch(/--only s1\.body --seed 42/)
    expect(text).not.toContain('s1.rejoin')
  })

  test('is seen again by a command that a shell takes, whatever the folder is called', () => {
    const record = {
      ...checkRecord(),
      target: "./jane's server",
      checks: [checkResult('s1.body', 'inconclusive', { assayFault: 'Error' })],
    }
    expect(assayFaultText([record])).toContain("assay check './jane'\\''s server' --only s1.body")
  })

  test('cannot send escapes to a terminal', () => {
    const faulty = checkResult('s1.body', 'inconclusive', { assayFault: 'Error: \u001b]0;owned\u0007' })
    expect(assayFaultText([{ ...checkRecord(), checks: [faulty] }])).not.toContain('\u001b')
  })
})
