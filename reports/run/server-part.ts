import type { RunRecord, ServerSample } from '../../harness/record/run-record.ts'
import { chart, type Chart } from '../page/chart.ts'
import { highest, inRuns } from '../page/downsample.ts'
import { html, type Html } from '../page/html.ts'
import { facts, section } from '../page/page.ts'
import { table } from '../page/table.ts'
import { formatBytes, formatCount, formatMs, formatShare } from '../text/number-format.ts'
import { plainLine } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { phaseSpans } from './time-part.ts'

const MAX_TABLE_ROWS = 60

/** What the server's processes used. */
export function serverPart(record: RunRecord): Html {
  const { candidate, serverSamples, summary } = record
  const rtt: [string, string][] = candidate.networkRttMs === null ? [] : [['Network round trip', formatMs(candidate.networkRttMs)]]
  if (summary.server === null && serverSamples.length === 0) {
    const why = candidate.startedByAssay
      ? 'No sample of its CPU and memory was taken before the run ended.'
      : 'Assay did not start this server and was given no --pid, so what it used was not measured.'
    return section('server', 'The server', why, html`${rtt.length > 0 && facts(rtt)} ${exitFacts(record)}`)
  }
  const use = summary.server
  return section(
    'server',
    'The server',
    'CPU, memory, descriptors and threads of its whole process tree.',
    html`${
      use !== null &&
      facts([
        ['CPU', `${use.cpuSeconds.toFixed(2)} s in all, at most ${formatShare(use.cpuMax)} of one core`],
        ['Memory, highest', formatBytes(use.rssBytesMax)],
        ['Descriptors, highest', formatCount(use.fdsMax)],
        ['Threads, highest', formatCount(use.threadsMax)],
        ...rtt,
      ])
    }
    ${exitFacts(record)} ${serverSamples.length > 0 && html`<div class="pair">${charts(record)}</div>`}`,
  )
}

function exitFacts({ candidate }: RunRecord): Html | null {
  return candidate.exit === '' ? null : html`<p class="note">${truncated(plainLine(candidate.exit), 200)}</p>`
}

function charts(record: RunRecord): Html[] {
  const samples = record.serverSamples
  const top = (pick: (sample: ServerSample) => number) => highest(samples.map(pick))
  const cpu = top(sample => sample.cpu)
  const memory = top(sample => sample.rssBytes)
  const descriptors = top(sample => sample.fds)
  const threads = top(sample => sample.threads)
  const spec = sampleChart(record)
  return [
    spec('server-cpu', 'CPU, share of one core', `at most ${formatShare(cpu)}`, 'share', 1, sample => sample.cpu, formatShare),
    spec('server-memory', 'Memory', `at most ${formatBytes(memory)}`, 'bytes', 3, sample => sample.rssBytes, formatBytes),
    spec('server-descriptors', 'Open descriptors', `at most ${formatCount(descriptors)}`, 'count', 4, sample => sample.fds, formatCount),
    spec('server-threads', 'Threads', `at most ${formatCount(threads)}`, 'count', 2, sample => sample.threads, formatCount),
  ]
}

function sampleChart(record: RunRecord) {
  const samples = record.serverSamples
  return (
    id: string,
    title: string,
    summary: string,
    unit: Chart['unit'],
    colour: 1 | 2 | 3 | 4,
    pick: (sample: ServerSample) => number,
    format: (value: number) => string,
  ): Html =>
    chart({
      id,
      title,
      summary: `${title} of the server over time, ${summary}.`,
      x: 'seconds',
      xLabel: 'time',
      xs: samples.map(sample => sample.atMs / 1000),
      unit,
      scale: 'linear',
      small: true,
      series: [{ label: title.toLowerCase().replace(/,.*/, ''), colour, filled: true, values: samples.map(pick) }],
      spans: phaseSpans(record),
      numbers: table<readonly ServerSample[]>(
        `${title} over time; where samples are joined, the highest`,
        [
          { heading: 'From, s', numeric: true, cell: run => String((run[0]?.atMs ?? 0) / 1000) },
          { heading: title, numeric: true, cell: run => format(highest(run.map(pick))) },
        ],
        inRuns(samples, MAX_TABLE_ROWS),
      ),
    })
}
