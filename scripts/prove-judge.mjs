// Whether an examination came out as its job expects: judged from what was found, so that a grading that was mended counts without another one.
import { judgeExpectation } from '../dist/harness/cli/expectation.js'

const BROKEN_OFF = 'not examined to the end: '
const OURS = 'Assay itself failed'

/** `examined`: what an examination found, as it is kept; `{ isHeld, missed, unexpected, undecided, note }`. */
export function judgeExamined({ status, statusText, checks }, expect) {
  const { missed, unexpected, undecided, wasExamined } = judgeExpectation({ status, checks }, expect)
  const ours = checks.filter(({ outcome, reason }) => outcome === 'inconclusive' && reason?.startsWith(OURS)).map(({ id }) => id)
  const parts = [
    wasExamined ? '' : `${BROKEN_OFF}${statusText}`,
    missed.length > 0 ? `not found: ${missed.join(', ')}` : '',
    unexpected.length > 0 ? `failed too: ${unexpected.join(', ')}` : '',
    ours.length > 0 ? `${OURS} in: ${ours.join(', ')}` : '',
    undecided.length > 0 ? `inconclusive: ${undecided.join(', ')}` : '',
  ]
  const isHeld = wasExamined && missed.length === 0 && unexpected.length === 0 && ours.length === 0
  return { isHeld, missed, unexpected, undecided, note: parts.filter(Boolean).join('; ') }
}

/** A kept result as its job would judge it today. Of a script, whose outcome is its own, as it is. */
export function judgeAnew(job, result) {
  if (job.script !== undefined || result.checks === undefined) return result
  return { ...result, ...judgeExamined({ ...endOf(result), checks: result.checks }, job.expect) }
}

/** Results of earlier versions keep how the examination ended in their note alone. */
function endOf({ status, statusText = '', note }) {
  if (status !== undefined) return { status, statusText }
  if (!note.startsWith(BROKEN_OFF)) return { status: 'finished', statusText }
  const [text] = note.slice(BROKEN_OFF.length).split(/; (?:not found|failed too|Assay itself failed in|inconclusive): /)
  return { status: 'failed', statusText: text }
}
