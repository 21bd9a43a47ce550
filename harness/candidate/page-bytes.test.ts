import { execFileSync } from 'node:child_process'
import { beforeEach, expect, test, vi } from 'vitest'

vi.mock('node:child_process', () => ({ execFileSync: vi.fn<typeof execFileSync>() }))
const getconf = vi.mocked(execFileSync)
const isLinux = process.platform === 'linux'

beforeEach(() => {
  vi.resetModules()
  getconf.mockReset()
})

test('the page size is asked for once', async () => {
  getconf.mockReturnValue('16384\n')
  const { pageBytes } = await import('./page-bytes.ts')
  expect([pageBytes(), pageBytes()]).toEqual([16_384, 16_384])
  expect(getconf).toHaveBeenCalledTimes(1)
})

test.each([
  ['is not installed', () => getconf.mockImplementation(() => fail('ENOENT'))],
  ['says something else', () => getconf.mockReturnValue('undefined\n')],
])('where getconf %s, pages are taken for the usual 4 KiB', async (_, answer) => {
  answer()
  const { pageBytes } = await import('./page-bytes.ts')
  expect(pageBytes()).toBe(4096)
})

test.runIf(isLinux)('the memory of a process is counted in pages of this size', async () => {
  getconf.mockReturnValue(`${4096 * 1024}\n`)
  const { readStat } = await import('./process-stat.ts')
  expect(readStat(process.pid)?.rssBytes).toBeGreaterThan(100 * process.memoryUsage().rss)
})

function fail(message: string): never {
  throw new Error(message)
}
