import type { RunRecord } from '../harness/record/run-record.ts'
import { html, type Html } from './page/html.ts'
import { renderPage } from './page/page.ts'
import { outcomeLook } from './page/verdict-mark.ts'
import { askedPart } from './run/asked-part.ts'
import { evidencePart } from './run/evidence-part.ts'
import { generatorPart } from './run/generator-part.ts'
import { kvPart } from './run/kv-part.ts'
import { latencyPart } from './run/latency-part.ts'
import { originPart, outputPart } from './run/origin-part.ts'
import { readersPart } from './run/readers-part.ts'
import { serverPart } from './run/server-part.ts'
import { thresholdPart } from './run/threshold-part.ts'
import { timePart } from './run/time-part.ts'
import { verdictPart } from './run/verdict-part.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { truncated } from './text/truncated.ts'

/**
 * A run as one HTML file that needs no network: the verdict and its reasons first, then what stands behind them. Below 2 MB whatever the
 * run's size, since each part bounds what it shows; maxima survive. A pure function of the record, equal bytes for equal records.
 */
export function renderRunReport(record: RunRecord): string {
  const { word, sign, colour } = outcomeLook(record.summary.verdict)
  return renderPage({
    title: `${word}: ${truncated(plainLine(record.candidate.name), 80)} under ${truncated(plainLine(record.scenario.name), 60)} · Assay`,
    icon: { sign, colour },
    charts: true,
    body: html`${verdictPart(record)} ${contents(record)} ${record.evidence.length > 0 && evidencePart(record)} ${thresholdPart(record)}
      ${latencyPart(record)} ${timePart(record)}
      ${record.kv === undefined ? [askedPart(record), readersPart(record)] : kvPart(record, record.kv)} ${serverPart(record)}
      ${generatorPart(record)} ${record.evidence.length === 0 && evidencePart(record)} ${outputPart(record.candidate)} ${originPart(record)}
      <footer class="page-foot">
        Made by Assay ${record.assayVersion} from run.json alone. Nothing on this page was loaded from anywhere.
      </footer>`,
  })
}

function contents(record: RunRecord): Html {
  const links: (readonly [id: string, label: string])[] = [
    ['thresholds', 'Thresholds'],
    ['latency', 'Latency'],
    ['time', 'Over time'],
    ...(record.kv === undefined
      ? ([
          ['asked', 'Asked and achieved'],
          ['readers', 'Readers'],
        ] as const)
      : ([['asked', 'Asked and answered']] as const)),
    ['server', 'Server'],
    ['generator', 'Generator'],
    ['output', 'Output'],
    ['again', 'Run it again'],
  ]
  const all = record.evidence.length > 0 ? [['evidence', 'Evidence'] as const, ...links] : links
  return html`<nav class="contents" aria-label="Parts of this report">
    ${all.map(([id, label]) => html`<a href="#${id}">${label}</a>`)}
  </nav>`
}
