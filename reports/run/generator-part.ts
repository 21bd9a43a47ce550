import type { GeneratorResult, GeneratorSample, Percentiles, RunRecord } from '../../harness/record/run-record.ts'
import { chart } from '../page/chart.ts'
import { highest, inRuns } from '../page/downsample.ts'
import { html, type Html } from '../page/html.ts'
import { facts, section } from '../page/page.ts'
import { table } from '../page/table.ts'
import { formatCount, formatMs, formatPlural, formatShare, msDigits } from '../text/number-format.ts'
import { plainLine } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { phaseSpans } from './time-part.ts'

const MAX_TABLE_ROWS = 60
const MAX_SENTENCES = 10

/** Whether Assay itself kept up: its own lag is part of what it measures, so it must be seen to be small. */
export function generatorPart(record: RunRecord): Html {
  const { generator } = record.summary
  const sentences = generator.saturation.slice(0, MAX_SENTENCES).map(sentence => truncated(plainLine(sentence), 400))
  return section(
    'generator',
    "The generator's health",
    healthText(generator),
    html`${
      sentences.length > 0 &&
      html`<ul class="reasons">
        ${sentences.map(sentence => html`<li>${sentence}</li>`)}
      </ul>`
    }
    ${facts([
      ['Workers', workersText(generator)],
      ['Due to sent', percentilesText(generator.sendLagMs)],
      ['Event-loop delay', percentilesText(generator.loopDelayMs)],
      ['Dropped unsent', formatCount(generator.unsent)],
    ])}
    ${record.generatorSamples.length > 0 && html`<div class="pair">${cpuChart(record)} ${delayChart(record)}</div>`}`,
  )
}

function healthText({ saturated, sendLagMs }: GeneratorResult): string {
  if (saturated) return 'Assay could not keep its own schedule, so what it measured says more about itself than about the server.'
  if (sendLagMs.count === 0) return 'Nothing was sent, so nothing is known of it.'
  return 'Assay kept its schedule: its own delay is too small to change the verdict.'
}

function workersText({ workers, cpu }: GeneratorResult): string {
  const busiest = cpu === null ? 'CPU not measured' : `the busiest at ${formatShare(cpu)} of one core`
  return `${formatPlural(workers, 'worker')}, ${busiest}`
}

function percentilesText({ count, p50, p99, max }: Percentiles): string {
  return count === 0 ? 'not measured' : `p50 ${formatMs(p50)}, p99 ${formatMs(p99)}, max ${formatMs(max)}`
}

/** Nothing where the system does not tell a thread's CPU. */
function cpuChart(record: RunRecord): Html | null {
  const samples = record.generatorSamples
  const known = cpusOf(samples)
  if (known.length === 0) return null
  return chart({
    id: 'generator-cpu',
    title: 'CPU of the busiest worker',
    summary: `CPU of the busiest worker over time, at most ${formatShare(highest(known))} of one core.`,
    x: 'seconds',
    xLabel: 'time',
    xs: samples.map(sample => sample.atMs / 1000),
    unit: 'share',
    scale: 'linear',
    small: true,
    series: [{ label: 'cpu', colour: 1, filled: true, values: samples.map(sample => sample.cpu) }],
    spans: phaseSpans(record),
    numbers: sampleTable(samples),
  })
}

function delayChart(record: RunRecord): Html {
  const samples = record.generatorSamples
  return chart({
    id: 'generator-delay',
    title: 'Largest delay of its own',
    summary: `The generator's largest send lag and event-loop delay over time, at most ${formatMs(highest(samples.flatMap(sample => [sample.sendLagMaxMs, sample.loopDelayMaxMs])))}.`,
    x: 'seconds',
    xLabel: 'time',
    xs: samples.map(sample => sample.atMs / 1000),
    unit: 'ms',
    scale: 'linear',
    small: true,
    series: [
      { label: 'due to sent', colour: 2, values: samples.map(sample => sample.sendLagMaxMs) },
      { label: 'event loop', colour: 4, dashed: true, values: samples.map(sample => sample.loopDelayMaxMs) },
    ],
    spans: phaseSpans(record),
    numbers: sampleTable(samples),
  })
}

function sampleTable(samples: readonly GeneratorSample[]): Html {
  const top = (pick: (sample: GeneratorSample) => number) => (run: readonly GeneratorSample[]) => highest(run.map(pick))
  return table<readonly GeneratorSample[]>(
    "The generator's health over time; where samples are joined, the highest",
    [
      { heading: 'From, s', numeric: true, cell: run => String((run[0]?.atMs ?? 0) / 1000) },
      { heading: 'CPU', numeric: true, cell: run => (cpusOf(run).length === 0 ? '' : formatShare(highest(cpusOf(run)))) },
      { heading: 'Due to sent, ms', numeric: true, cell: run => msDigits(top(sample => sample.sendLagMaxMs)(run)) },
      { heading: 'Event-loop delay, ms', numeric: true, cell: run => msDigits(top(sample => sample.loopDelayMaxMs)(run)) },
    ],
    inRuns(samples, MAX_TABLE_ROWS),
  )
}

function cpusOf(samples: readonly GeneratorSample[]): number[] {
  return samples.flatMap(({ cpu }) => cpu ?? [])
}
