import { describe, expect, it } from 'vitest'
import { type GeneratorFigures, judgeGenerator } from './generator-health.ts'

const calm = { count: 100, p50: 1, p90: 2, p99: 3, p999: 4, max: 5 }
const figures: GeneratorFigures = {
  workers: 1,
  sendLagMs: calm,
  loopDelayMs: calm,
  samples: [{ atMs: 0, cpu: 0.5, sendLagMaxMs: 1, loopDelayMaxMs: 1 }],
  planned: 1000,
  unsent: 0,
  overloadUnsent: 0,
  unconnected: 0,
  unconnectedWhy: '',
}

describe('the generator’s judgement of itself', () => {
  it('finds nothing to say while it keeps up', () => {
    expect(judgeGenerator(figures)).toMatchObject({ saturated: false, saturation: [], missed: 0 })
  })

  it.each<[string, Partial<GeneratorFigures>, RegExp]>([
    ['messages that it never sent', { unsent: 3 }, /3 of 1000 messages/],
    ['sending late', { sendLagMs: { ...calm, p99: 51 } }, /due to sent was 51/],
    ['an event loop that was held up', { loopDelayMs: { ...calm, p99: 101 } }, /event loop/],
    ['a worker without rest', { samples: [0.1, 0.97, 0.99].map(cpu => ({ atMs: 0, cpu, sendLagMaxMs: 1, loopDelayMaxMs: 1 })) }, /97 %/],
    ['users that this machine would not connect', { unconnected: 4, unconnectedWhy: 'EMFILE' }, /4 users.*EMFILE/],
  ])('owns up to %s', (_, change, reason) => {
    const { saturated, saturation } = judgeGenerator({ ...figures, ...change })
    expect({ saturated, saturation }).toEqual({ saturated: true, saturation: [expect.stringMatching(reason)] })
  })

  it('knows the longest stretch in which a worker had no rest', () => {
    const cpus = [0.99, 0.99, 0.3, 0.96, 0.97, 1.02, 0.2, 0.99]
    const samples = cpus.map((cpu, index) => ({ atMs: (index + 1) * 250, cpu, sendLagMaxMs: 1, loopDelayMaxMs: 1 }))
    expect(judgeGenerator({ ...figures, samples })).toMatchObject({ busyMs: 750 })
    expect(judgeGenerator(figures)).toMatchObject({ busyMs: 0, unconnected: 0 })
  })

  it('calls nobody busy whose CPU it does not know, and says that it does not', () => {
    const samples = [1, 2, 3].map(atMs => ({ atMs: atMs * 250, cpu: null, sendLagMaxMs: 1, loopDelayMaxMs: 1 }))
    expect(judgeGenerator({ ...figures, samples })).toMatchObject({ saturated: false, cpu: null, busyMs: 0 })
    expect(judgeGenerator({ ...figures, samples: [...samples, ...figures.samples] })).toMatchObject({ cpu: 0.5 })
  })

  it('takes what an overload left unsent for no fault', () => {
    expect(judgeGenerator({ ...figures, overloadUnsent: 500 })).toMatchObject({ saturated: false, unsent: 500 })
  })
})
