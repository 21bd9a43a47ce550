import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRandom } from '../scenario/seeded-random.ts'
import { type BorderOptions, findBorder, type ProbeAnswer } from './border-search.ts'

const options = { min: 1, max: 100_000, precision: 1.05, triesAtBorder: 3, maxProbes: 80 }
const PATIENT: BorderOptions = { ...options, precision: 1.04, maxProbes: 40, start: 60 }

describe('findBorder', () => {
  test('finds a sharp border to within its precision, wherever it begins', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 99_999 }), fc.integer({ min: 1, max: 100_000 }), async (limit, start) => {
        const border = await findBorder(
          answering(load => (load <= limit ? 'met' : 'missed')),
          { ...options, start },
        )
        expect(border).toMatchObject({ isSettled: true, isMissed: true })
        expect(border.met).toBeLessThanOrEqual(limit)
        expect(border.notMet).toBeGreaterThan(limit)
        const [met, notMet] = [border.met ?? 0, border.notMet ?? 0]
        expect(notMet - met === 1 || notMet / met <= options.precision).toBe(true)
      }),
    )
  })

  test('asks again at the border, and goes below a load that was met by luck', async () => {
    const asked: number[] = []
    let isFirst = true
    const probe = answering(load => {
      asked.push(load)
      if (load < 100) return 'met'
      const isLucky = load < 105 && isFirst
      if (load < 105) isFirst = false
      return isLucky ? 'met' : 'missed'
    })
    const border = await findBorder(probe, { ...options, start: 103 })
    expect(border.met).toBeLessThan(100)
    expect(asked.filter(load => load === border.met).length).toBeGreaterThan(1)
  })

  test('goes above a load that was missed by bad luck, however late it finds out', async () => {
    for (const unlucky of [60, 120, 240, 480, 679]) {
      let isFirst = true
      const probe = answering(load => {
        if (load === unlucky && isFirst) {
          isFirst = false
          return 'missed'
        }
        return load <= 700 ? 'met' : 'missed'
      })
      const border = await findBorder(probe, PATIENT)
      expect(border.met).toBeGreaterThan(700 / 1.05)
      expect(border.isSettled).toBe(true)
    }
  })

  test('says that nothing was met, and that everything was', async () => {
    expect(
      await findBorder(
        answering(() => 'missed'),
        { ...options, start: 50 },
      ),
    ).toMatchObject({ met: null, notMet: 1 })
    expect(
      await findBorder(
        answering(() => 'met'),
        { ...options, start: 50 },
      ),
    ).toMatchObject({ met: 100_000, notMet: null })
  })

  test('does not take what could not be offered for the border of the server', async () => {
    const border = await findBorder(
      answering(load => (load <= 1500 ? 'met' : 'undecided')),
      { ...options, start: 50 },
    )
    expect(border).toMatchObject({ isMissed: false, isSettled: true })
    expect(border.met).toBeLessThanOrEqual(1500)
  })

  test('ends after so many probes, however unsteady the answers', async () => {
    let count = 0
    const border = await findBorder(
      answering(() => (count++ % 3 !== 0 ? 'met' : 'missed')),
      { ...options, start: 500, maxProbes: 12 },
    )
    expect(count).toBeLessThanOrEqual(12)
    expect(border.met === null || border.notMet === null || border.met < border.notMet).toBe(true)
  })
})

/** A server whose steps come out by chance near its border, on a machine that now and then is busy with something else. */
describe('the capacity of a server on a noisy machine', () => {
  const noisy = (capacity: number, seed: number, offered = Infinity): ((load: number) => Promise<ProbeAnswer>) => {
    const random = createRandom(seed, 'noise')
    return answering(load => {
      if (random.next() < 0.05) return 'missed'
      if (load > offered) return 'undecided'
      // Within a few per cent of the capacity either answer may come.
      const share = 1 / (1 + Math.exp((load / capacity - 1) / 0.01))
      return random.next() < share ? 'met' : 'missed'
    })
  }

  test('comes out within 10 % of the truth in all but a few of 400 searches, and five of them within 10 % of each other', async () => {
    const found: number[] = []
    for (let seed = 0; seed < 400; seed++) found.push((await findBorder(noisy(700, seed), PATIENT)).met ?? 0)
    const near = found.filter(one => one > 630 && one < 770)
    expect(near.length).toBeGreaterThanOrEqual(0.97 * found.length)
    const fives = Array.from({ length: 80 }, (_, at) => found.slice(at * 5, at * 5 + 5))
    const agreeing = fives.filter(five => Math.max(...five) / Math.min(...five) <= 1.1)
    expect(agreeing.length).toBeGreaterThanOrEqual(0.85 * fives.length)
  })

  test('is found in some twenty steps', async () => {
    let steps = 0
    for (let seed = 0; seed < 100; seed++) {
      const probe = noisy(700, seed)
      await findBorder(async load => {
        steps++
        return await probe(load)
      }, PATIENT)
    }
    expect(steps / 100).toBeLessThan(20)
  })

  test('is not given where the generator ends first', async () => {
    for (let seed = 0; seed < 100; seed++) {
      const { isMissed, met } = await findBorder(noisy(5000, seed, 900), PATIENT)
      if (!isMissed) expect(met).toBeLessThanOrEqual(900)
    }
  })
})

function answering(answer: (load: number) => ProbeAnswer): (load: number) => Promise<ProbeAnswer> {
  return async load => await Promise.resolve(answer(load))
}
