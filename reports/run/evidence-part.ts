import type { Evidence, RunRecord, VerdictOutcome } from '../../harness/record/run-record.ts'
import { html, type Html } from '../page/html.ts'
import { section } from '../page/page.ts'
import { sequencePicture } from '../page/sequence-picture.ts'
import { outcomeLook } from '../page/verdict-mark.ts'
import { plainLine } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'

/** More pictures than this show nothing new. The record keeps every piece of evidence that the run kept. */
const MAX_PICTURES = 24
const MAX_TEXT = 500

const NAMES: Readonly<Record<Evidence['kind'], string>> = {
  lost: 'Lost',
  duplicated: 'Duplicated',
  misdelivered: 'Stray',
  corrupted: 'Corrupted',
  garbled: 'Garbled',
  dropped: 'Dropped',
  late: 'Late',
  stall: 'Stall',
}

/** What went wrong, each as a small picture: who joined when, what was sent, who did not read it. */
export function evidencePart({ evidence, summary }: RunRecord): Html {
  if (evidence.length === 0)
    return section('evidence', 'Evidence', 'Nothing was kept: no delivery went wrong that this run could show.', '')
  const shown = eachKindFirst(evidence).slice(0, MAX_PICTURES)
  const rest = evidence.length - shown.length
  const pictures = shown.map(piece => picture(piece, toneOf(piece.kind, summary.verdict)))
  return section(
    'evidence',
    'Evidence',
    'The smallest pictures of what went wrong: one lane a user, time runs downwards, steps evenly spaced.',
    html`${pictures} ${rest > 0 && html`<p class="note">${rest} more pieces of evidence are in run.json.</p>`}`,
  )
}

/** One of each kind before the second of any, so that a flood of one kind never hides another. */
function eachKindFirst(evidence: readonly Evidence[]): Evidence[] {
  const first = new Set<Evidence>()
  for (const kind of Object.keys(NAMES)) {
    const piece = evidence.find(candidate => candidate.kind === kind)
    if (piece !== undefined) first.add(piece)
  }
  return [...first, ...evidence.filter(piece => !first.has(piece))]
}

/** Late messages and stalls break no rule of delivery by themselves; where the run could not be judged, nothing is called a fault. */
function toneOf(kind: Evidence['kind'], verdict: VerdictOutcome): string {
  const timing = kind === 'late' || kind === 'stall'
  return outcomeLook(timing || verdict === 'inconclusive' ? 'inconclusive' : 'fail').tone
}

function picture(piece: Evidence, tone: string): Html {
  const text = truncated(plainLine(piece.text), MAX_TEXT)
  return sequencePicture({
    caption: html`<span class="chip ${tone}">${NAMES[piece.kind]}</span>${text}`,
    summary: `${NAMES[piece.kind]}: ${text}`,
    lanes: piece.lanes,
    events: piece.events,
  })
}
