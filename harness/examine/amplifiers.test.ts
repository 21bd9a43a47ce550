import { expect, test } from 'vitest'
import { amplifiersOf, hasProfile, PLAIN, underProfile } from './amplifiers.ts'

test('as many threads as cores is the plain run of Go, and no amplifier', () => {
  expect(amplifiersOf('go', 2).map(({ name }) => name)).toEqual(['Go, GOMAXPROCS=1', 'Go, GOMAXPROCS=8'])
  expect(amplifiersOf('go', 3)).toHaveLength(3)
  expect(amplifiersOf('cobol', 2)).toEqual([])
})

test('evidence is played under its profile on whatever machine: it was found on one with other cores', async () => {
  for (const count of [1, 2, 8]) {
    expect(hasProfile('go', `Go, GOMAXPROCS=${count}`)).toBe(true)
    const options = await underProfile('go', `Go, GOMAXPROCS=${count}`, async given => await Promise.resolve(given))
    expect(options).toEqual({ extraEnv: { GOMAXPROCS: String(count) } })
  }
})

test('a profile belongs to its language; plain is had in each', () => {
  expect(hasProfile('python', 'Go, GOMAXPROCS=2')).toBe(false)
  expect(hasProfile('cobol', PLAIN)).toBe(true)
})
