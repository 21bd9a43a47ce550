/** What is shown while an examination goes on, on stderr: one line that is rewritten in a terminal, a line a finished check elsewhere. */
import type { ExamineProgress } from '../examine/examine-candidate.ts'
import type { CheckResult, Outcome } from '../record/check-record.ts'
import { formatDuration } from '../../reports/text/number-format.ts'
import { plainLine } from '../../reports/text/terminal-escapes.ts'
import { terminalStyle } from '../../reports/text/terminal-style.ts'
import { truncated } from '../../reports/text/truncated.ts'
import { outcomeLook } from '../../reports/page/verdict-mark.ts'
import { terminalOptions } from './terminal-options.ts'

const MAX_REASON = 300
/** After so many failures in a row from the beginning nobody learns more by waiting for the rest. */
const TELLING_FAILURES = 3

export interface CheckProgress {
  show(progress: ExamineProgress): void
  /** Ends the line that is being rewritten. */
  end(): void
}

export function createCheckProgress(stream: NodeJS.WriteStream): CheckProgress {
  const style = terminalStyle(terminalOptions(stream))
  const counts: Record<Outcome, number> = { pass: 0, fail: 0, inconclusive: 0, 'not attempted': 0 }
  const clear = (): void => void (stream.isTTY && stream.write('\r\u001b[2K'))
  const finished = (result: CheckResult, place: string): void => {
    counts[result.outcome]++
    // In a terminal the summary comes soon enough for all that is well; a failure is worth a line at once.
    if (stream.isTTY && result.outcome !== 'fail') return
    clear()
    const reason = result.outcome === 'pass' ? '' : `: ${truncated(plainLine(result.reason), MAX_REASON)}`
    stream.write(`${place} ${style.outcome(result.outcome)} ${result.id} (${formatDuration(result.durationMs)})${reason}\n`)
    if (counts.fail === TELLING_FAILURES && counts.pass + counts.inconclusive === 0) {
      const words = 'Nothing has passed yet. Ctrl-C ends here and keeps what was found; --fail-fast ends at the first failure by itself.'
      stream.write(`${style.paint(words, 'dim')}\n`)
    }
  }
  return {
    show({ checkId, text, done, total, result }) {
      const place = `[${String(Math.min(total, result === undefined ? done + 1 : done)).padStart(String(total).length)}/${total}]`
      if (result !== undefined) finished(result, place)
      else if (stream.isTTY) {
        const soFar = (['pass', 'fail', 'inconclusive'] as const).map(outcome => `${outcomeLook(outcome).sign} ${counts[outcome]}`)
        const line = `${place} ${checkId}  ${plainLine(text)}   ${soFar.join('  ')}`
        stream.write(`\r\u001b[2K${line.slice(0, Math.max(20, stream.columns - 1))}`)
      }
    },
    end: clear,
  }
}
