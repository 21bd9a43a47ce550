import type { CheckRecord, CheckResult } from '../harness/record/check-record.ts'
import { escapeXml, testSuites } from './junit.ts'
import { plainLine, plainText } from './text/terminal-escapes.ts'
import { truncated } from './text/truncated.ts'

const MAX_MESSAGE = 2000
const ELEMENTS = { fail: 'failure', inconclusive: 'error type="inconclusive"', 'not attempted': 'skipped' } as const

/**
 * Examinations as JUnit XML: a suite a candidate, a case a check and repetition. An inconclusive check is an `error` and one that was not
 * attempted is `skipped`; `renderJUnit` says why. A candidate that could not be started is one case that failed.
 * `fault`: what ended the command before all were examined.
 */
export function renderCheckJUnit(records: readonly CheckRecord[], fault?: string): string {
  return testSuites(records.map(suite), fault)
}

function suite(record: CheckRecord): string {
  const cases = casesOf(record)
  const count = (outcome: CheckResult['outcome']): number => cases.filter(one => one.outcome === outcome).length
  const head = `name="${line(`${record.candidate}, seed ${record.seed}`)}" tests="${cases.length}" failures="${count('fail')}" errors="${count('inconclusive')}" skipped="${count('not attempted')}"`
  return `  <testsuite ${head} time="${(record.durationMs / 1000).toFixed(3)}" timestamp="${line(record.startedAt)}">
${cases.map(caseXml).join('')}  </testsuite>
`
}

type Case = Pick<CheckResult, 'id' | 'outcome' | 'durationMs' | 'repetition'> & { readonly message: string }

function casesOf(record: CheckRecord): Case[] {
  // A distinction that was missed is not held against anyone: it counts as skipped.
  const cases = record.checks.map(check => ({
    ...check,
    outcome: check.distinction === true && check.outcome !== 'pass' ? ('not attempted' as const) : check.outcome,
    message: messageOf(check),
  }))
  if (record.status === 'finished') return cases
  const outcome = record.status === 'failed' ? 'fail' : 'inconclusive'
  return [{ id: 'examination', outcome, durationMs: 0, repetition: 1, message: record.statusText }, ...cases]
}

function messageOf({ reason, evidence }: CheckResult): string {
  return [...new Set([reason, ...evidence.map(({ text }) => text)])].join('\n')
}

function caseXml({ id, outcome, durationMs, repetition, message }: Case): string {
  const again = repetition > 1 ? `, repetition ${repetition}` : ''
  const head = `    <testcase classname="assay.check" name="${line(`${id}${again}`)}" time="${(durationMs / 1000).toFixed(3)}"`
  if (outcome === 'pass') return `${head}/>\n`
  return `${head}><${ELEMENTS[outcome]} message="${escapeXml(truncated(plainText(message), MAX_MESSAGE))}"/></testcase>\n`
}

function line(text: string): string {
  return escapeXml(truncated(plainLine(text), 200))
}
