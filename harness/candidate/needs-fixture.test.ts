import { afterEach, expect, test, vi } from 'vitest'
import { describeWith, programPath, whyMissing } from './needs-fixture.ts'

afterEach(() => void vi.unstubAllEnvs())

test('what is missing is named, with how to install it; the first of several counts', async () => {
  vi.stubEnv('PATH', '/nowhere')
  expect(programPath('go')).toBeUndefined()
  expect(await whyMissing(['go'])).toBe('no go in PATH; apt-get install golang-go')
  expect(await whyMissing(['chromium', 'go'])).toMatch(/no chromium or .*; apt-get install chromium/)
})

test('nothing is missing where nothing is needed', async () => {
  expect(await whyMissing([])).toBeUndefined()
})

let ran = 0
await describeWith([], 'what needs nothing', () => {
  test('is run', () => {
    ran++
    expect(ran).toBe(1)
  })
})
