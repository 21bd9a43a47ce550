/** What the fields of a key-value scenario must be to one another. */
import type { KvScenario } from './kv-scenario.ts'
import { planSchedule } from './plan-phases.ts'
import type { FieldPath, Problem } from './scenario-error.ts'
import { closedHasNoLoad, drainIsLast, somethingIsMeasured, uniqueNames } from './scenario-rules.ts'

const MAX_REQUESTS = 5_000_000
const SHARE_ROUNDING = 1e-6

/** All rules that the scenario breaks; empty when it can be planned. */
export function brokenKvRules(scenario: KvScenario): Problem[] {
  return [
    ...uniqueNames('phases', scenario.phases),
    ...drainIsLast(scenario),
    ...somethingIsMeasured(scenario),
    ...closedHasNoLoad(scenario),
    ...sharesAreOne(scenario),
    ...sizesAscend(scenario),
    ...faultsFit(scenario),
    ...requestsCanBeKept(scenario),
  ]
}

function sharesAreOne({ mix }: KvScenario): Problem[] {
  const sum = mix.get + mix.set + mix.delete
  if (Math.abs(sum - 1) <= SHARE_ROUNDING) return []
  return [problem(['mix'], `Expected the shares of \`mix\` to be 1 in all, got ${Number(sum.toFixed(6))}. Say get, set and delete.`)]
}

function sizesAscend({ valueBytes }: KvScenario): Problem[] {
  if (typeof valueBytes === 'number' || valueBytes.min <= valueBytes.max) return []
  return [
    problem(
      ['valueBytes'],
      `Expected \`valueBytes.min\` to be at most \`valueBytes.max\` (${valueBytes.max}), got ${valueBytes.min}. Swap them.`,
    ),
  ]
}

function faultsFit({ faults, nodes, phases, arrival }: KvScenario): Problem[] {
  const seconds = planSchedule(phases).scheduleMs / 1_000
  return faults.flatMap((fault, index) => {
    if (arrival.model === 'closed') {
      return [
        problem(['faults', index], 'Expected no `faults` in a closed model, which only measures throughput, got one. Use `model: open`.'),
      ]
    }
    if (fault.node > nodes) {
      return [
        problem(
          ['faults', index, 'node'],
          `Expected a node from 1 to ${nodes} (\`nodes\`), got ${fault.node}. Lower it or raise \`nodes\`.`,
        ),
      ]
    }
    if (fault.atSeconds + fault.forSeconds <= seconds) return []
    const text = `Expected the fault to be over within the schedule's ${seconds} s, got an end at ${fault.atSeconds + fault.forSeconds} s. Begin it earlier or lengthen \`phases\`.`
    return [{ paths: [['faults', index] as FieldPath, ['phases'] as FieldPath] as const, text }]
  })
}

/** Every request of an open model is kept in memory until the run is measured. */
function requestsCanBeKept({ arrival, phases }: KvScenario): Problem[] {
  if (arrival.model === 'closed') return []
  const requests = planSchedule(phases).phases.reduce(
    (sum, { startMs, endMs, loadFrom, loadTo }) => sum + (((loadFrom + loadTo) / 2) * arrival.ratePerSecond * (endMs - startMs)) / 1_000,
    0,
  )
  if (requests <= MAX_REQUESTS) return []
  const text = `Expected a plan of at most ${MAX_REQUESTS} requests, got about ${Math.round(requests)}. Lower \`arrival.ratePerSecond\` or shorten \`phases\`.`
  return [problem(['arrival', 'ratePerSecond'], text)]
}

function problem(path: FieldPath, text: string): Problem {
  return { paths: [path], text }
}
