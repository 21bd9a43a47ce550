import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endOfStay, needsTraffic, type Stay } from './stay-limit.ts'

const MIB = 1024 * 1024
const flowing: Stay = { passedMs: 40_000, trafficBytes: 18 * MIB, stalledMs: 0, serverCpuShare: 0.2 }

describe('how long a stopped reader may stay', () => {
  test.each([
    ['both have gone by', {}, 'overstayed'],
    ['16 MiB within 12 s are not yet 30 s', { passedMs: 12_000 }, null],
    ['45 s with 10 MiB are not yet 16 MiB', { passedMs: 45_000, trafficBytes: 10 * MIB }, null],
    ['nor are 13 MiB after 80 s', { passedMs: 80_000, trafficBytes: 13 * MIB }, null],
    ['a server that lets through too little is not decided', { passedMs: 101_000, trafficBytes: 13 * MIB }, 'undecided'],
    ['a server that stands still is stuck', { trafficBytes: 10 * MIB, stalledMs: 10_000, serverCpuShare: 0.01 }, 'stuck'],
    ['but not while eviction is not due', { passedMs: 25_000, trafficBytes: 10 * MIB, stalledMs: 20_000, serverCpuShare: 0 }, null],
    ['one that computes may need longer', { trafficBytes: 10 * MIB, stalledMs: 12_000, serverCpuShare: 1 }, null],
    ['but not for ever', { trafficBytes: 10 * MIB, stalledMs: 30_000, serverCpuShare: 1 }, 'stuck'],
    [
      'of a server whose CPU is not seen, silence counts after 30 s',
      { trafficBytes: 0, stalledMs: 29_000, serverCpuShare: Infinity },
      null,
    ],
  ] as const)('%s', (_, change, end) => {
    expect(endOfStay({ ...flowing, ...change })).toBe(end)
  })

  test('nobody has overstayed before 30 s, nor before 16 MiB', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 0, max: 40 * MIB }), (passedMs, trafficBytes) => {
        const end = endOfStay({ ...flowing, passedMs, trafficBytes })
        expect(end === 'overstayed' && (passedMs < 30_000 || trafficBytes < 16 * MIB)).toBe(false)
      }),
    )
  })

  test('there is traffic until it is enough', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 * MIB }), trafficBytes => {
        expect(needsTraffic(trafficBytes) || endOfStay({ ...flowing, trafficBytes }) === 'overstayed').toBe(true)
      }),
    )
  })
})
