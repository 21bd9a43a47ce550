import type { CohortResult, RunRecord } from '../../harness/record/run-record.ts'
import { html, type Html } from '../page/html.ts'
import { section } from '../page/page.ts'
import { table } from '../page/table.ts'
import { formatCount, msDigits } from '../text/number-format.ts'
import { plainLine } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { limitsMs } from './run-limits.ts'

const READING: Readonly<Record<CohortResult['reading'], string>> = {
  full: 'at full speed',
  throttled: 'throttled',
  pausing: 'with pauses',
  stopped: 'stopped',
}
const MAX_CLOSE_CODES = 12

/** Readers by how they read: the slow ones stand apart, since the SLA is for those who keep up. */
export function readersPart(record: RunRecord): Html {
  const { cohorts } = record
  if (cohorts.length === 0) return section('readers', 'Readers', 'No reader was recorded.', '')
  const limits = limitsMs(record)
  const bad = (count: number) => (count > 0 ? html`<span class="over">${formatCount(count)}</span>` : formatCount(count))
  const digits = (cohort: CohortResult, value: number) => (cohort.deliveryMs.count === 0 ? '–' : msDigits(value, limits))
  const rows = table<CohortResult>(
    'Readers by cohort',
    [
      { heading: 'Cohort', cell: cohort => truncated(plainLine(cohort.name), 60) },
      { heading: 'Reading', cell: cohort => READING[cohort.reading] },
      { heading: 'Users', numeric: true, cell: cohort => formatCount(cohort.users) },
      { heading: 'Must have', numeric: true, cell: cohort => formatCount(cohort.expectedDeliveries) },
      { heading: 'Read', numeric: true, cell: cohort => formatCount(cohort.deliveries) },
      { heading: 'Lost', numeric: true, cell: cohort => bad(cohort.lost) },
      { heading: 'Twice', numeric: true, cell: cohort => bad(cohort.duplicated) },
      { heading: 'Evicted', numeric: true, cell: cohort => formatCount(cohort.evicted) },
      { heading: 'Dropped', numeric: true, cell: cohort => bad(cohort.dropped) },
      { heading: 'p50, ms', numeric: true, cell: cohort => digits(cohort, cohort.deliveryMs.p50) },
      { heading: 'p99, ms', numeric: true, cell: cohort => digits(cohort, cohort.deliveryMs.p99) },
      { heading: 'max, ms', numeric: true, cell: cohort => digits(cohort, cohort.deliveryMs.max) },
      { heading: 'Close codes', cell: closeCodes },
    ],
    cohorts,
  )
  const lead = 'The SLA is for readers at full speed. A server may evict one that reads too slowly; that is not counted against it.'
  return section('readers', 'Readers', lead, rows)
}

function closeCodes({ closeCodes }: CohortResult): string {
  const pairs = Object.entries(closeCodes)
  if (pairs.length === 0) return '–'
  const shown = pairs
    .slice(0, MAX_CLOSE_CODES)
    .map(([code, count]) => `${code === '0' ? 'none' : code.slice(0, 8)} × ${formatCount(count)}`)
  return `${shown.join(', ')}${pairs.length > shown.length ? ', …' : ''}`
}
