import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { GeneratorWatch } from './generator-watch.ts'
import { threadCpuSeconds } from './thread-cpu.ts'

// A machine without Linux's /proc.
vi.mock('node:fs', async load => {
  const noProc = (): never => {
    throw new Error('ENOENT')
  }
  return { ...(await load<object>()), readlinkSync: noProc, readFileSync: noProc }
})

beforeEach(() => {
  delete (process as { threadCpuUsage?: unknown }).threadCpuUsage
})
afterEach(() => {
  delete (process as { threadCpuUsage?: unknown }).threadCpuUsage
})

test('off Linux the CPU time of a thread is what Node says of it', () => {
  Object.assign(process, { threadCpuUsage: () => ({ user: 2_000_000, system: 500_000 }) })
  expect(threadCpuSeconds()).toBe(2.5)
})

test('where nobody knows it there is no figure, however active the loop calls itself', () => {
  expect(threadCpuSeconds()).toBeNull()
  const watch = new GeneratorWatch(1000, () => performance.now() * 1000)
  watch.restart()
  expect(watch.sample()).toMatchObject({ cpu: null })
  watch.stop()
})
