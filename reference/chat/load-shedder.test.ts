import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LoadShedder, SHEDDING_STEPS } from './load-shedder.ts'

const calm = { loopDelay: 0, memory: 0.2, queuedBytes: 0, bandwidth: 0 }

function stepsOver(shedder: LoadShedder, loopDelay: number, samples: number): string[] {
  return Array.from({ length: samples }, () => {
    shedder.note({ ...calm, loopDelay })
    return shedder.step
  })
}

describe('LoadShedder', () => {
  test('takes its steps in order while a resource stays at its limit, and goes back once all have recovered', () => {
    const shedder = new LoadShedder()
    const up = stepsOver(shedder, 1.5, 60)
    expect([...new Set(up)]).toEqual(SHEDDING_STEPS.slice(1))
    const down = stepsOver(shedder, 0, 60)
    expect([...new Set(down)]).toEqual([...SHEDDING_STEPS].reverse())
  })

  test('answers one bad moment with longer batches at most', () => {
    const shedder = new LoadShedder()
    stepsOver(shedder, 8, 1)
    stepsOver(shedder, 0, 1)
    stepsOver(shedder, 8, 2)
    expect(shedder.step).toBe('batch longer')
  })

  test('stays where it is between recovered and the limit', () => {
    const shedder = new LoadShedder()
    stepsOver(shedder, 1, 4)
    const { step } = shedder
    expect(step).toBe('shed sends')
    expect(new Set(stepsOver(shedder, 0.9, 100))).toEqual(new Set([step]))
  })

  test.each(['loopDelay', 'memory', 'queuedBytes', 'bandwidth'] as const)('answers to %s', resource => {
    const shedder = new LoadShedder()
    for (let sample = 0; sample < 4; sample++) shedder.note({ ...calm, [resource]: 1 })
    expect(shedder.isAt('shed sends')).toBe(true)
    expect(shedder.isAt('refuse joins')).toBe(false)
  })

  test('never moves by more than one step a sample', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 3, noNaN: true })), values => {
        const shedder = new LoadShedder()
        for (const loopDelay of values) {
          const before = SHEDDING_STEPS.indexOf(shedder.step)
          shedder.note({ ...calm, loopDelay })
          expect(Math.abs(SHEDDING_STEPS.indexOf(shedder.step) - before)).toBeLessThanOrEqual(1)
        }
      }),
    )
  })
})
