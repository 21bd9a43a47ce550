import type { RunRecord } from '../../harness/record/run-record.ts'
import { formatCount, formatPlural } from '../text/number-format.ts'
import { plainLine } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'

const MAX_REASON = 600
const UNFINISHED: Readonly<Record<RunRecord['status'], string>> = {
  finished: '',
  running: 'This run never came to its end: its record was still being written.',
  interrupted: 'This run was interrupted.',
  failed: 'This run broke off.',
}

/** The record's reasons, fit to show; where it gives none, what its own counts say. */
export function runReasons(record: RunRecord): string[] {
  const reasons = record.summary.reasons.map(reason => truncated(plainLine(reason), MAX_REASON)).filter(reason => reason !== '')
  return reasons.length > 0 ? reasons : [countsInWords(record)]
}

/** One sentence on a run that did not come to its end, with the cause where the reasons do not name it; empty for one that did. */
export function unfinishedText(record: RunRecord): string {
  const what = UNFINISHED[record.status]
  const why = truncated(plainLine(record.statusText), MAX_REASON)
  const isSaid = runReasons(record).some(reason => reason.includes(why))
  return what === '' || isSaid ? what : `${what} ${why}`.trim()
}

function countsInWords({ summary }: RunRecord): string {
  if (summary.messages === 0) return 'No message was sent, so nothing was measured.'
  return `${formatPlural(summary.messages, 'message')} sent; of ${formatPlural(summary.expectedDeliveries, 'expected delivery', 'expected deliveries')}, ${formatCount(summary.lost)} were lost.`
}
