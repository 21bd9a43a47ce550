import type { RunRecord } from '../../harness/record/run-record.ts'
import { escapeHtml, html, type Html } from '../page/html.ts'
import { facts, section } from '../page/page.ts'
import { formatBytes, formatCount, formatDuration, formatPlural } from '../text/number-format.ts'
import { plainLine, plainText } from '../text/terminal-escapes.ts'
import { tailWithin, truncated } from '../text/truncated.ts'

/** What of the candidate's output the page holds, as bytes of markup. The record holds 256 KiB; escaped, that could be six times as much. */
const MAX_OUTPUT_MARKUP_BYTES = 200_000

/** The end of what the candidate printed: text only, whatever it was meant to do to a terminal or a browser. */
export function outputPart({ output }: { readonly output: string }): Html {
  const text = plainText(output)
  if (text.trim() === '') return section('output', 'What the candidate printed', 'It printed nothing that was kept.', '')
  const shown = tailWithin(text, MAX_OUTPUT_MARKUP_BYTES, character => Buffer.byteLength(escapeHtml(character)))
  const lead =
    shown.length < text.length
      ? `The last ${formatCount(shown.length)} of ${formatCount(text.length)} characters kept; terminal escapes are taken out.`
      : 'Its last output, as text; terminal escapes are taken out.'
  return section('output', 'What the candidate printed', lead, html`<pre class="output" tabindex="0">${shown}</pre>`)
}

/** Nothing of a server that Assay did not start. */
export function containmentFact(containment: string | null): [string, string][] {
  return containment === null ? [] : [['Containment', truncated(plainLine(containment).replace(/^containment: /, ''), 300)]]
}

/** Where these numbers come from, and how to get them again. */
export function originPart(record: RunRecord): Html {
  const { candidate, machine } = record
  const line = (text: string) => truncated(plainLine(text), 300)
  const took = Date.parse(record.endedAt) - Date.parse(record.startedAt)
  return section(
    'again',
    'Run it again',
    'The same seed gives the same users, memberships, message times and bodies.',
    html`<code class="command">${truncated(plainLine(record.command), 1000)}</code> ${facts([
        ['Seed', String(record.seed)],
        ['Repetition', String(record.repetition)],
        ['Plan', line(record.planHash)],
        ['Candidate', `${line(candidate.name)}, ${line(candidate.language)}, ${candidate.transport}`],
        ['Target', line(candidate.target)],
        ['Listened at', line(candidate.url)],
        ...containmentFact(candidate.containment),
        ['Started', `${record.startedAt}, ${formatDuration(took)} in all`],
        ['Machine', `${line(machine.cpu)}, ${formatPlural(machine.cores, 'core')}, ${formatBytes(machine.memoryBytes)}`],
        ['System', `${line(machine.os)}, Node ${line(machine.node)}`],
        ['Assay', `${line(record.assayVersion)}, record version ${record.version}`],
      ])}`,
  )
}
