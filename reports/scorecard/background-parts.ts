import type { Interview } from '../../harness/judge/interview.ts'
import type { SourcePrompt } from '../../harness/judge/source-prompts.ts'
import type { CheckRecord } from '../../harness/record/check-record.ts'
import { escapeHtml, html, type Html } from '../page/html.ts'
import { facts, section } from '../page/page.ts'
import { table } from '../page/table.ts'
import { formatCount, formatDuration, formatMs } from '../text/number-format.ts'
import { plainLine, plainText } from '../text/terminal-escapes.ts'
import { tailWithin, truncated } from '../text/truncated.ts'
import type { ScorecardOptions } from './scorecard-options.ts'

const MAX_OUTPUT_MARKUP_BYTES = 120_000
const MAX_AI_USE = 20_000
const MAX_PROMPTS = 60
const MAX_NOTES = 200

/** What the candidate says of help by an AI, as they wrote it. */
export function aiUsePart({ aiUse, aiUseStarter }: ScorecardOptions): Html {
  if (aiUse === undefined) return html``
  const title = 'Help by an AI, as the candidate says'
  if (aiUse === null || aiUse.trim() === '') return section('ai-use', title, 'No AI-USE.md was handed in. Ask.', '')
  if (aiUse.trim() === (aiUseStarter ?? '').trim())
    return section('ai-use', title, 'AI-USE.md was left as it was handed out: nothing is said. Ask.', '')
  return section(
    'ai-use',
    title,
    'It is allowed if said. What counts is whether they can explain every line.',
    html`<pre class="output" tabindex="0">${truncated(plainText(aiUse), MAX_AI_USE)}</pre>`,
  )
}

/** Lines worth a question. They are no findings: no grade rests on them. */
export function promptsPart(prompts: readonly SourcePrompt[]): Html {
  if (prompts.length === 0) return html``
  return section(
    'prompts',
    'Lines worth a question',
    'Found by simple patterns in the source. Prompts for a talk, no findings: no grade rests on them.',
    table<SourcePrompt>(
      'Prompts',
      [
        { heading: 'Where', cell: ({ path, line }) => html`<code>${truncated(plainLine(path), 120)}:${line}</code>` },
        { heading: 'Line', cell: ({ excerpt }) => html`<code>${truncated(plainLine(excerpt), 160)}</code>` },
        { heading: 'Ask', cell: ({ prompt }) => prompt },
      ],
      prompts.slice(0, MAX_PROMPTS),
    ),
  )
}

/** Clocks, hints and notes of the interview. */
export function interviewPart(interview: Interview): Html {
  const line = (text: string): string => truncated(plainLine(text), 600)
  return section(
    'interview',
    'The interview',
    '',
    html`${facts(interview.stages.map(({ stage, minutes }) => [`Stage ${line(stage)}`, `${formatCount(minutes)} min`]))}
    ${
      interview.hints.length > 0 &&
      html`<h3>Hints given</h3>
        <ul class="plain">
          ${interview.hints.slice(0, MAX_NOTES).map(({ stage, level, text }) => html`<li>Stage ${line(stage)}, level ${level}: ${line(text)}</li>`)}
        </ul>`
    }
    ${
      interview.notes.length > 0 &&
      html`<h3>Notes</h3>
        <ul class="plain">
          ${interview.notes.slice(0, MAX_NOTES).map(({ stage, text }) => html`<li>Stage ${line(stage)}: ${line(text)}</li>`)}
        </ul>`
    }`,
  )
}

export function outputPart({ output }: CheckRecord): Html {
  const text = plainText(output)
  if (text.trim() === '') return html``
  const shown = tailWithin(text, MAX_OUTPUT_MARKUP_BYTES, character => Buffer.byteLength(escapeHtml(character)))
  return section(
    'output',
    'What the candidate’s server printed',
    'Its last output, as text; terminal escapes are taken out.',
    html`<pre class="output" tabindex="0">${shown}</pre>`,
  )
}

/** Under which conditions all this was found. */
export function conditionsPart(record: CheckRecord, { calibration, anonymous }: ScorecardOptions): Html {
  const line = (text: string): string => truncated(plainLine(text), 300)
  return section(
    'conditions',
    'Under which conditions',
    '',
    facts([
      ['Containment', line(record.containment) || 'not known'],
      [
        'Calibration',
        calibration === undefined || calibration === null ? 'not calibrated in this language on this machine' : line(calibration),
      ],
      ['Service level', `p99 completion within ${formatMs(record.slaMs)}`],
      ['User names', record.usernames ?? 'no policy declared'],
      ['Seed', String(record.seed)],
      ...(anonymous ? [] : [['Target', line(record.target)] as const]),
      ['Examined', `${record.startedAt}, ${formatDuration(record.durationMs)} in all`],
    ]),
  )
}
