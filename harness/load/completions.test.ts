import { describe, expect, it } from 'vitest'
import { computeCompletions } from './completions.ts'
import { ExactRows } from './exact-rows.ts'
import { GrowingMessageTable, MESSAGE_SHED } from './message-table.ts'
import { smallPlan } from './plan-fixture.ts'

const plan = smallPlan({
  phases: [
    { name: 'warm-up', kind: 'warm-up', seconds: 1 },
    { name: 'hold', kind: 'hold', seconds: 2 },
    { name: 'drain', kind: 'drain', seconds: 5 },
  ],
})
const WARM_UP = 500_000
const HOLD = 1_500_000

describe('completion', () => {
  it('is when the last receiver of any worker had the message', () => {
    const { histogram, received, lastUs } = computed(
      [HOLD],
      [
        { received: [2], lastUs: [HOLD + 9000] },
        { received: [1], lastUs: [HOLD + 20_000] },
      ],
    )
    expect([histogram.totalCount, received[0], lastUs[0]]).toEqual([1, 3, HOLD + 20_000])
    expect(histogram.maxValue).toBe(20_000)
  })

  it('is not measured in the warm-up, nor for probes, nor for what was shed or lost', () => {
    const dues = [WARM_UP, HOLD, HOLD + 1, HOLD + 2, 3_000_000]
    const times = { received: dues.map(() => 1), lastUs: dues.map(due => due + 1000), missing: [0, 0, 0, 1, 0] }
    const { histogram, messages, late } = computed(dues, [times], { shedRow: 2 })
    expect(histogram.totalCount).toBe(1)
    expect(messages).toBe(4)
    expect(late).toEqual([])
  })

  it('counts what was late, in the warm-up too', () => {
    const dues = [WARM_UP, HOLD, HOLD + 1]
    const { late } = computed(dues, [{ received: [1, 1, 1], lastUs: [WARM_UP + 1_000_001, HOLD + 1_000_001, HOLD + 1_000_001] }])
    expect(late).toEqual([0, 1])
  })

  it('takes what had not come when a run gave up waiting for as late as that', () => {
    const { histogram } = computed([HOLD], [{ received: [1], lastUs: [HOLD + 10], missing: [1] }], { unfinishedUs: HOLD + 9_000_000 })
    expect(histogram.totalCount).toBe(1)
    expect(histogram.maxValue).toBe(9_000_000)
  })
})

describe('completion over time', () => {
  it('is exact in each second', () => {
    const rows = new ExactRows()
    for (let i = 1; i <= 100; i++) rows.record(1_000_000 + i, i * 10_000)
    expect([rows.percentileMs(1, 0.99), rows.percentileMs(1, 0.5), rows.maxMs(1)]).toEqual([990, 500, 1000])
    expect([rows.percentileMs(0, 0.99), rows.maxMs(0)]).toEqual([0, 0])
  })
})

interface Part {
  readonly received: number[]
  readonly lastUs: number[]
  readonly missing?: number[]
}

function computed(dues: readonly number[], parts: readonly Part[], { shedRow = -1, unfinishedUs = NaN } = {}) {
  const table = new GrowingMessageTable()
  dues.forEach((dueUs, sequence) => table.push(0, sequence, 1, dueUs, dueUs))
  if (shedRow >= 0) table.state[shedRow] = MESSAGE_SHED
  const accounts = parts.map(({ received, lastUs, missing = dues.map(() => 0) }) => ({
    received: Uint32Array.from(received),
    lastUs: Float64Array.from(lastUs),
    missing: Uint32Array.from(missing),
  }))
  return computeCompletions(plan, table, accounts, 1000, unfinishedUs)
}
