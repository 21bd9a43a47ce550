import { describe, expect, test } from 'vitest'
import { createKvPlan, type KvPlan } from '../scenario/kv-plan.ts'
import { kvScenarioSchema } from '../scenario/kv-scenario.ts'
import { type KvFinal, supersededKeys } from './kv-final-state.ts'
import { ANSWER, emptyOutcomes, type KvOutcomes } from './kv-open-play.ts'

const KINDS = { get: 0, set: 1, delete: 2 } as const

interface Write {
  readonly kind: 'set' | 'delete'
  readonly sentMs: number
  readonly endMs: number
  readonly node?: number
  readonly answer?: keyof typeof ANSWER
  readonly mayRepeat?: boolean
}

/** A plan of these writes to one key, and how they went. */
function played(writes: readonly Write[]): { plan: KvPlan; outcomes: KvOutcomes } {
  const scenario = kvScenarioSchema.parse({
    name: 'test',
    exercise: 'kv',
    arrival: { model: 'open', ratePerSecond: 1 },
    phases: [{ name: 'hold', kind: 'hold', seconds: 1 }],
  })
  const outcomes = emptyOutcomes(writes.length)
  const requests = {
    count: writes.length,
    dueMs: Float64Array.from(writes, write => write.sentMs),
    phase: new Uint8Array(writes.length),
    kind: Uint8Array.from(writes, write => KINDS[write.kind]),
    key: new Uint32Array(writes.length),
    valueBytes: new Uint32Array(writes.length).fill(24),
  }
  for (const [index, write] of writes.entries()) {
    outcomes.sentMs[index] = write.sentMs
    outcomes.endMs[index] = write.endMs
    outcomes.node[index] = write.node ?? 0
    outcomes.answer[index] = ANSWER[write.answer ?? 'ok']
    outcomes.mayRepeat[index] = Number(write.mayRepeat ?? false)
  }
  return { plan: { ...createKvPlan(scenario, 1), requests }, outcomes }
}

const FIRST = { kind: 'set', sentMs: 0, endMs: 10 } as const
const LATER = { kind: 'set', sentMs: 500, endMs: 510 } as const
const DELETED = { kind: 'delete', sentMs: 500, endMs: 510 } as const
const KILL = [{ node: 0, atMs: 600 }]

describe('a key whose last value had been replaced', () => {
  test.each<[string, readonly Write[], KvFinal, boolean, readonly { node: number; atMs: number }[]]>([
    ['the first value after a later one was acknowledged', [FIRST, LATER], 0, true, []],
    ['the later value', [FIRST, LATER], 1, false, []],
    ['the first value after a later delete was acknowledged', [FIRST, DELETED], 0, true, []],
    ['no value after a later delete', [FIRST, DELETED], 'absent', false, []],
    ['no value although one was acknowledged and nothing was deleted', [FIRST], 'absent', true, []],
    ['no value where the delete came before the last write', [DELETED, { kind: 'set', sentMs: 700, endMs: 710 }], 'absent', true, []],
    ['either of two that were under way together', [FIRST, { kind: 'set', sentMs: 5, endMs: 12 }], 0, false, []],
    ['either of two less than 100 ms apart', [FIRST, { kind: 'set', sentMs: 90, endMs: 95 }], 0, false, []],
    ['the first value where the later write failed', [FIRST, { ...LATER, answer: 'failed' }], 0, false, []],
    ['a write that may take effect later', [{ ...FIRST, mayRepeat: true }, LATER], 0, false, []],
    ['a write that failed and took effect after all', [{ ...FIRST, answer: 'failed' }, LATER], 0, false, []],
    ['the first value where a kill may have undone the later one', [FIRST, LATER], 0, false, KILL],
    ['the first value where another node was killed', [FIRST, { ...LATER, node: 1 }], 0, true, KILL],
  ])('%s', (_, writes, final, isSuperseded, kills) => {
    const { plan, outcomes } = played(writes)
    expect(supersededKeys(plan, outcomes, new Map([[0, final]]), kills)).toEqual(isSuperseded ? [0] : [])
  })
})
