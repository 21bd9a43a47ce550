import type { RunRecord, ThresholdResult, VerdictOutcome } from '../harness/record/run-record.ts'
import { thresholdWords } from './run/threshold-value.ts'
import { runReasons, unfinishedText } from './run/run-reasons.ts'
import { plainLine, plainText } from './text/terminal-escapes.ts'
import { truncated } from './text/truncated.ts'

interface TestCase {
  readonly name: string
  readonly outcome: VerdictOutcome
  readonly message: string
}

/** Counts that must be zero, beside whatever thresholds the scenario sets. */
const INVARIANTS = [
  ['lost', 'no delivery is lost'],
  ['duplicated', 'no delivery comes twice'],
  ['misdelivered', 'no delivery goes astray'],
  ['corrupted', 'no body differs from what was sent'],
  ['garbled', 'the server speaks the protocol'],
] as const

const MAX_MESSAGE = 2000
const ELEMENTS = { fail: 'failure', inconclusive: 'error type="inconclusive"', 'not attempted': 'skipped' } as const
const XML_ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;', '\t': '&#9;' }

/**
 * Runs as JUnit XML: a suite a run; a case for the verdict, for each threshold, and for each invariant that no threshold covers.
 *
 * An inconclusive case is an `error`, not `skipped`: JUnit's error says that a test could not be carried out, which is what happened, and
 * most build servers show a skipped test as green, which would turn a verdict that nobody may rely on into a pass. `not attempted` is
 * `skipped`. `fault`: what ended the command before all were played.
 */
export function renderJUnit(records: readonly RunRecord[], fault?: string): string {
  return testSuites(records.map(suite), fault)
}

/** The whole document. `fault`: what ended the command before its end; a case of its own, so that nobody takes the rest for all. */
export function testSuites(suites: readonly string[], fault: string | undefined): string {
  const all = fault === undefined ? suites : [...suites, faultSuite(fault)]
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="assay">\n${all.join('')}</testsuites>\n`
}

function faultSuite(fault: string): string {
  const message = escapeXml(truncated(plainText(fault), MAX_MESSAGE))
  return `  <testsuite name="command" tests="1" failures="0" errors="1" skipped="0">
    <testcase classname="assay" name="command"><error type="broken off" message="${message}"/></testcase>
  </testsuite>
`
}

/** Text within XML: escaped, and without the characters that XML 1.0 cannot hold in any form. */
export function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll(/[&<>"\n\t]/g, character => XML_ESCAPES[character] ?? character)
}

function suite(record: RunRecord): string {
  const cases = casesOf(record)
  const seconds = Math.max(0, (Date.parse(record.endedAt) - Date.parse(record.startedAt)) / 1000) || 0
  const count = (outcome: VerdictOutcome) => cases.filter(testCase => testCase.outcome === outcome).length
  const name = line(`${record.candidate.name}: ${record.scenario.name}, seed ${record.seed}, run ${record.repetition}`)
  const head = `name="${name}" tests="${cases.length}" failures="${count('fail')}" errors="${count('inconclusive')}" skipped="${count('not attempted')}"`
  const output = escapeXml(truncated(`Run again: ${plainLine(record.command)}`, MAX_MESSAGE))
  return `  <testsuite ${head} time="${seconds.toFixed(3)}" timestamp="${line(record.startedAt)}">
${cases.map(testCase => caseXml(testCase, record)).join('')}    <system-out>${output}</system-out>
  </testsuite>
`
}

function casesOf(record: RunRecord): TestCase[] {
  return [verdictCase(record), ...record.thresholds.map(thresholdCase), ...invariantCases(record)]
}

/** A run that broke off has no verdict to rely on, whatever its counts say: unless it failed already, it is an error. */
function verdictCase(record: RunRecord): TestCase {
  const { verdict } = record.summary
  const unfinished = unfinishedText(record)
  const outcome = unfinished !== '' && verdict !== 'fail' ? 'inconclusive' : verdict
  return { name: 'verdict', outcome, message: [unfinished, ...runReasons(record)].filter(text => text !== '').join('\n') }
}

function thresholdCase({ name, outcome, explanation }: ThresholdResult): TestCase {
  return { name: `threshold: ${thresholdWords(name)}`, outcome, message: explanation }
}

function invariantCases(record: RunRecord): TestCase[] {
  const covered = new Set(record.thresholds.map(threshold => threshold.name))
  return INVARIANTS.filter(([name]) => !covered.has(name)).map(([name, meaning]) => {
    const count = record.summary[name]
    return { name: `invariant: ${meaning}`, outcome: invariantOutcome(record, count), message: invariantMessage(record, name, count) }
  })
}

function invariantMessage(record: RunRecord, name: string, count: number): string {
  return record.summary.messages === 0 ? 'No message was sent, so nothing was measured.' : `Expected ${name} to be 0, got ${count}.`
}

/** The verdict decides whether a count may be held against the server; only a run that measured something and was sound can pass. */
function invariantOutcome({ status, summary }: RunRecord, count: number): VerdictOutcome {
  if (count > 0) return summary.verdict === 'inconclusive' ? 'inconclusive' : 'fail'
  if (summary.verdict === 'not attempted' || summary.messages === 0) return 'not attempted'
  return summary.verdict === 'inconclusive' || status !== 'finished' ? 'inconclusive' : 'pass'
}

function caseXml({ name, outcome, message }: TestCase, record: RunRecord): string {
  const head = `    <testcase classname="${line(`assay.${record.scenario.name}`)}" name="${line(name)}"`
  if (outcome === 'pass') return `${head}/>\n`
  return `${head}><${ELEMENTS[outcome]} message="${escapeXml(truncated(plainText(message), MAX_MESSAGE))}"/></testcase>\n`
}

function line(text: string): string {
  return escapeXml(truncated(plainLine(text), 200))
}
