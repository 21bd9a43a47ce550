import { html, type Html } from '../page/html.ts'
import { section } from '../page/page.ts'
import { formatPlural } from '../text/number-format.ts'
import { plainLine, visibleText } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { hunksOf, lineDifference, type DifferenceLine } from './line-difference.ts'
import type { ChangedFile } from './scorecard-options.ts'

const MAX_FILES = 40
/** Of all files together: a scorecard stays a page that a browser opens at once. */
const MAX_LINES = 2000
const MAX_LINE = 200
const CONTEXT = 3

/** Everything that was handed in beside the starter, as a unified difference, a file each. */
export function differencePart(files: readonly ChangedFile[]): Html {
  let left = MAX_LINES
  const shown = files.slice(0, MAX_FILES).map((file, index) => {
    const hunks = hunksOf(lineDifference(file.before ?? '', file.after ?? ''), CONTEXT)
    const kept = hunks.map(hunk => {
      const lines = hunk.slice(0, left)
      left -= lines.length
      return lines
    })
    return fileDifference(
      file,
      kept.filter(hunk => hunk.length > 0),
      index === 0 && files.length === 1,
    )
  })
  const cut = left <= 0 || files.length > MAX_FILES
  return section(
    'difference',
    'What was handed in, beside the starter',
    `${formatPlural(files.length, 'file')} changed. Lines that begin with + are the candidate’s.`,
    html`${shown} ${cut && html`<p class="note">Only the first ${MAX_LINES} lines of ${MAX_FILES} files are shown.</p>`}`,
  )
}

function fileDifference(file: ChangedFile, hunks: readonly (readonly DifferenceLine[])[], open: boolean): Html {
  const what = file.before === null ? ', new' : file.after === null ? ', taken away' : ''
  return html`<details class="file" ${open && html`open`}>
    <summary><code>${truncated(plainLine(file.path), 200)}</code>${what}</summary>
    ${hunks.map(differenceLines)}
  </details>`
}

const SIGNS: Readonly<Record<DifferenceLine['kind'], string>> = { same: ' ', added: '+', removed: '−' }

/** Lines with their numbers and signs. */
export function differenceLines(lines: readonly DifferenceLine[]): Html {
  const rows = lines.map(({ kind, text, after, before }) => {
    const number = String(after ?? before ?? '').padStart(4)
    return html`<span class="line ${kind}"
      ><span class="line-number">${number} ${SIGNS[kind]} </span>${visibleText(truncated(text.replaceAll('\t', '    '), MAX_LINE))}</span
    >`
  })
  return html`<pre class="difference" tabindex="0">${rows}</pre>`
}
