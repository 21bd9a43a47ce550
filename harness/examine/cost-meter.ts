/**
 * What an operation costs the server in CPU time, at several sizes of everything that does not concern it. Sizes are gone through upwards and
 * downwards in turn, so that what drifts (compilers, collectors, the machine) drifts for all of them; the first way up decides how far to go.
 */
import { type CostGrowth, type CostSample, HARMLESS_RISE_US, judgeGrowth } from '../judge/cost-growth.ts'
import type { CheckEvidence } from '../record/check-record.ts'
import type { CheckContext, CheckFinding } from './check.ts'
import { isCertain, PLAIN_RISE_US, SURE_VISITS } from './cost-certainty.ts'
import { cpuClock } from './cpu-clock.ts'
import { Population } from './population.ts'
import type { Scene } from './scene.ts'

const SIZES: readonly number[] = [1024, 4096, 16_384, 65_536]
/** Growth that only begins late is still told from a step at the beginning; what lies between would only make the line finer. */
const QUICK_SIZES: readonly number[] = [1024, 4096, 65_536]
const VISITS = 7
const FEWEST_VISITS = 3
/** Where coming to a size costs the server so much, larger ones would take the whole examination; and so they would where it takes so long. */
const LONGEST_RESIZE_CPU_SECONDS = 4
const LONGEST_RESIZE_MS = 12_000
/** A cost that is constant up to less than this share of the largest size may yet grow up to there. */
const WHOLE_RANGE_SHARE = 0.9
/** How long one server is measured at most, in milliseconds; a size that was not visited often enough by then is left out. */
const MEASURE_MS = 12_000
const QUICK_MEASURE_MS = 5000
/** And so much longer, and this many times as often, while what is seen is not sure. */
const MORE_VISITS = 8
const MORE_MS = 18_000
/** Growth must be seen on one of so many fresh processes too; two, as a compiler or collector can hide it on one. */
const FRESH_PROCESSES = 2

/** One kind of operation. */
export interface CostSubject {
  /** In the singular, e.g. `a join`. */
  readonly name: string
  /** Gets everything ready that shall not be measured. */
  prepare(population: Population): Promise<CostBatch>
}

export interface CostBatch {
  readonly operations: number
  /** Ends when the operations have taken effect. */
  run(): Promise<void>
  cleanUp(): Promise<void>
}

export async function examineCost(context: CheckContext, createSubject: (scene: Scene) => Promise<CostSubject>): Promise<CheckFinding> {
  const scene = context.scene()
  const subject = await createSubject(scene)
  const first = await measure(context, scene, subject)
  await scene.quiet()
  if (first === null) return { outcome: 'inconclusive', reason: `The server's CPU could not be read often enough.` }
  const text = describe(subject.name, first)
  const figures = figuresOf(first)
  switch (first.trend) {
    case 'constant':
      if (first.largestSize < (SIZES.at(-1) ?? 0) * WHOLE_RANGE_SHARE) {
        return { outcome: 'inconclusive', reason: `${text}, and it took too long here to come to more.`, figures }
      }
      if (!isCertain(first)) {
        return { outcome: 'inconclusive', reason: `${text}: ${whyUncertain(first)}.`, figures }
      }
      return { outcome: 'pass', reason: `${text}.`, figures }
    case 'unclear':
      return { outcome: 'inconclusive', reason: `${text}: more than ${HARMLESS_RISE_US} µs, but the noise is as large.`, figures }
    case 'grows':
      if (isCertain(first)) return await confirm(context, createSubject, text, figures)
      return { outcome: 'inconclusive', reason: `${text}, which was not measured often enough in the time there is.`, figures }
  }
}

function whyUncertain({ riseLowUs }: CostGrowth): string {
  if (riseLowUs <= HARMLESS_RISE_US) return 'it seems constant, but so much noise would hide plain growth'
  return 'most of it came at the smaller sizes, as with a table that no longer fits a cache; what goes through everything grows most at the end, and which it is was not sure'
}

/** Another process of the same server must show it too. */
async function confirm(
  context: CheckContext,
  createSubject: (scene: Scene) => Promise<CostSubject>,
  firstText: string,
  figures: Record<string, number>,
): Promise<CheckFinding> {
  const others: string[] = []
  for (let turn = 0; turn < FRESH_PROCESSES; turn++) {
    context.progress('grows; once more on a fresh server')
    const scene = context.scene(await context.startServer())
    const subject = await createSubject(scene)
    const growth = await measure(context, scene, subject)
    if (growth?.trend === 'grows' && isCertain(growth)) {
      const which = others.length === 0 ? 'a fresh process' : 'the second of two fresh processes'
      return { outcome: 'fail', reason: `${firstText}, and the same on ${which}.`, figures, evidence: [evidenceOf(subject.name, growth)] }
    }
    others.push(growth === null ? 'its CPU could not be read' : describe(subject.name, growth))
  }
  const reason = `${firstText}, but ${FRESH_PROCESSES} fresh processes did not show it again: ${others.join('; ')}.`
  return { outcome: 'inconclusive', reason, figures }
}

async function measure(context: CheckContext, scene: Scene, subject: CostSubject): Promise<CostGrowth | null> {
  const population = new Population(scene)
  const samples: CostSample[] = []
  const endMs = context.nowMs() + (context.quick ? QUICK_MEASURE_MS : MEASURE_MS)
  const visits = context.quick ? SURE_VISITS : VISITS
  // The first batches warm the server up and are thrown away.
  await population.resizeTo(SIZES[0] ?? 1024)
  for (let round = 0; round < 2; round++) await visit(context, scene, subject, population)
  let sizes = context.quick ? QUICK_SIZES : SIZES
  // Judged once a way: the bounds are drawn, and what ended the measuring is what shall be said of it.
  let growth: CostGrowth | null = null
  const goesOn = (way: number): boolean => {
    if (way < FEWEST_VISITS) return true
    const isSure = growth === null || isCertain(growth)
    // What is plain after a few ways needs no more.
    if (isSure && growth?.trend === 'grows') return false
    return isSure ? way < visits && context.nowMs() < endMs : way < visits * MORE_VISITS && context.nowMs() < endMs + MORE_MS
  }
  for (let way = 0; goesOn(way); way++) {
    for (const size of way % 2 === 0 ? sizes : sizes.toReversed()) {
      context.progress(`${subject.name} among ${size} channels, ${way + 1} of ${Math.max(visits, way + 1)}`)
      const startMs = context.nowMs()
      const startCpu = cpuSeconds(scene)
      const isTooLong = (): boolean =>
        way === 0 && (cpuSeconds(scene) - startCpu > LONGEST_RESIZE_CPU_SECONDS || context.nowMs() - startMs > LONGEST_RESIZE_MS)
      await population.resizeTo(size, isTooLong)
      const isSlow = isTooLong()
      const costUs = await visit(context, scene, subject, population)
      if (costUs === null) return null
      samples.push({ size: population.channels, costUs })
      if (way > 0 || size === sizes[0]) continue
      if (!isSlow && !(await isPlain(context, scene, subject, population, samples))) continue
      sizes = [...sizes.filter(one => one < size), population.channels]
      break
    }
    growth = judgeGrowth(samples, limit => context.random.below(limit))
  }
  return growth
}

function cpuSeconds({ server }: Scene): number {
  return server.sample()?.cpuSeconds ?? 0
}

/** Both this visit and one more cost far more than the first: one that does so alone may be a collector's or a compiler's. */
async function isPlain(
  context: CheckContext,
  scene: Scene,
  subject: CostSubject,
  population: Population,
  samples: CostSample[],
): Promise<boolean> {
  const limitUs = (samples[0]?.costUs ?? 0) + PLAIN_RISE_US
  if ((samples.at(-1)?.costUs ?? 0) <= limitUs) return false
  const againUs = await visit(context, scene, subject, population)
  return againUs !== null && againUs > limitUs
}

/** Microseconds of CPU an operation. */
async function visit(context: CheckContext, scene: Scene, subject: CostSubject, population: Population): Promise<number | null> {
  return await costOf(context, scene, await subject.prepare(population))
}

/** Microseconds of the server's CPU an operation of the batch, which is cleaned up after; `null` where it cannot be known. */
export async function costOf(context: CheckContext, scene: Scene, batch: CostBatch): Promise<number | null> {
  const clock = cpuClock(context, scene.server)
  await clock.calm()
  const seconds = await clock.during(async () => {
    await batch.run()
    await clock.calm()
  })
  await batch.cleanUp()
  return seconds === null ? null : (seconds * 1e6) / batch.operations
}

function describe(name: string, growth: CostGrowth): string {
  const { smallestSize, largestSize, smallestUs, largestUs, riseUs, riseLowUs, riseHighUs } = growth
  const count = (value: number): string => value.toLocaleString('en-US')
  return (
    `${name} cost the server ${smallestUs.toFixed(0)} µs of CPU among ${count(smallestSize)} channels and ${largestUs.toFixed(0)} µs among ` +
    `${count(largestSize)} (growth ${riseUs.toFixed(0)} µs, 99 % sure between ${riseLowUs.toFixed(0)} and ${riseHighUs.toFixed(0)})`
  )
}

function figuresOf(growth: CostGrowth): Record<string, number> {
  const { smallestSize, largestSize, smallestUs, largestUs, riseUs, riseLowUs, riseHighUs } = growth
  const round = (value: number): number => Math.round(value * 10) / 10
  return {
    smallestChannels: smallestSize,
    largestChannels: largestSize,
    costAtSmallestUs: round(smallestUs),
    costAtLargestUs: round(largestUs),
    growthUs: round(riseUs),
    growthLowUs: round(riseLowUs),
    growthHighUs: round(riseHighUs),
  }
}

function evidenceOf(name: string, growth: CostGrowth): CheckEvidence {
  const lanes = ['few others', 'many others']
  const events = [
    { lane: 'few others', atMs: null, kind: 'note' as const, text: `${name} costs ${growth.smallestUs.toFixed(0)} µs` },
    { lane: 'many others', atMs: null, kind: 'wrong' as const, text: `${name} costs ${growth.largestUs.toFixed(0)} µs` },
  ]
  return { kind: 'growth', text: `${describe(name, growth)}.`, lanes, events, occurrences: 1 }
}
