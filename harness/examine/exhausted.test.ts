import { describe, expect, test } from 'vitest'
import type { RunRecord } from '../record/run-record.ts'
import { whatRanOut } from './exhausted.ts'

const HERE = { cores: 2, descriptorLimit: 20_000, isLocal: true, disturbedBy: 0 }

describe('what ran out', () => {
  test('is the CPU of a server that used a whole core', () => {
    expect(whatRanOut(run({ cpu: 0.97 }), HERE).what).toBe('server CPU')
  })

  test('is the memory, and the descriptors, before anything else', () => {
    expect(whatRanOut(run({ cpu: 0.97, rssBytes: 3 * 1024 ** 3 }), HERE).what).toBe('memory')
    expect(whatRanOut(run({ cpu: 0.97, fds: 19_900 }), HERE).what).toBe('descriptors')
  })

  test('is the generator where the run itself could not be decided or was not sent', () => {
    expect(whatRanOut(run({ cpu: 0.97, verdict: 'inconclusive' }), HERE).what).toBe('generator')
    expect(whatRanOut(run({ cpu: 0.97, missed: 3 }), HERE).what).toBe('generator')
  })

  test('is the network where a round trip alone could explain what was missed', () => {
    const far = run({ cpu: 0.97, verdict: 'inconclusive', rttMs: 400 })
    expect(whatRanOut(far, { ...HERE, isLocal: false })).toEqual({ what: 'network', text: expect.stringContaining('400.0 ms') })
    expect(whatRanOut(run({ cpu: 0.97, verdict: 'inconclusive', rttMs: 400, saturated: true }), HERE).what).toBe('generator')
  })

  test('is nobody’s where other programs had the machine', () => {
    const { what, text } = whatRanOut(run({ cpu: 0.4 }), { ...HERE, disturbedBy: 1.2 })
    expect(what).toBe('other programs')
    expect(text).toContain('1.2 of its 2 cores')
  })

  test('is not known where both sides have time to spare, unless there is a network between them', () => {
    expect(whatRanOut(run({ cpu: 0.2 }), HERE).what).toBe('unknown')
    expect(whatRanOut(run({ cpu: 0.2 }), { ...HERE, isLocal: false }).what).toBe('network')
  })

  test('is whoever uses most where the machine is full', () => {
    expect(whatRanOut(run({ cpu: 0.8, generatorCpu: 0.4, workers: 3 }), HERE).what).toBe('generator')
    expect(whatRanOut(run({ cpu: 0.85, generatorCpu: 0.4, workers: 2, cores: 2 }), { ...HERE, cores: 1 }).what).toBe('server CPU')
  })

  test('is seen by the server’s part alone where nobody tells what the generator used', () => {
    expect(whatRanOut(run({ cpu: 0.8, generatorCpu: null, workers: 3 }), HERE).what).toBe('unknown')
    const { what, text } = whatRanOut(run({ cpu: 0.87, generatorCpu: null }), { ...HERE, cores: 0.9 })
    expect(what).toBe('server CPU')
    expect(text).toContain('Assay an unknown share')
  })

  test('says so of a server whose process is not seen', () => {
    const { what, text } = whatRanOut({ ...run({ cpu: 0 }), serverSamples: [] }, HERE)
    expect(what).toBe('unknown')
    expect(text).toContain('unknown share')
  })
})

interface Figures {
  readonly cpu: number
  readonly rssBytes?: number
  readonly fds?: number
  readonly verdict?: 'fail' | 'inconclusive'
  readonly missed?: number
  readonly generatorCpu?: number | null
  readonly workers?: number
  readonly cores?: number
  /** Of a server that is missed for its distance alone. */
  readonly rttMs?: number
  readonly saturated?: boolean
}

/** As much of a record as is looked at. */
function run(figures: Figures): RunRecord {
  const {
    cpu,
    rssBytes = 1e8,
    fds = 100,
    verdict = 'fail',
    missed = 0,
    generatorCpu = 0.2,
    workers = 1,
    rttMs,
    saturated = false,
  } = figures
  const phase = { name: 'hold', kind: 'hold' as const, startMs: 0, endMs: 5000, measured: true }
  const samples = [1000, 2000, 3000].map(atMs => ({ atMs, cpu, rssBytes, fds, threads: 4 }))
  const partial = {
    summary: {
      verdict,
      generator: { cpu: generatorCpu, workers, missed, saturated, saturation: [] },
      server: { cpuSeconds: 1, cpuMax: cpu, rssBytesMax: rssBytes, fdsMax: fds, threadsMax: 4 },
    },
    candidate: { networkRttMs: rttMs ?? null },
    thresholds: [{ name: 'completionP99Ms', outcome: verdict, ...(rttMs === undefined ? {} : { doubt: 'network' }) }],
    phases: [phase],
    serverSamples: samples,
  }
  return partial as unknown as RunRecord
}
