import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { kernelLimits } from './kernel-limits.ts'
import { DEFAULT_LIMITS } from './limits.ts'

const hasPrlimit = ['/usr/bin/prlimit', '/bin/prlimit'].some(path => existsSync(path))
const MOST_CONNECTIONS = 15_000

/** What a server started under these limits may open: soft and hard. */
function openFilesUnder(descriptors: number): string[] {
  const [file = '', ...args] = kernelLimits({ ...DEFAULT_LIMITS, descriptors })
  return execFileSync(file, [...args, 'sh', '-c', 'ulimit -Sn; ulimit -Hn'], { encoding: 'utf8' })
    .trim()
    .split('\n')
}

test.skipIf(!hasPrlimit)('a candidate may open so many descriptors from the start, and no more', () => {
  const own = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
  const expected = own === 'unlimited' ? DEFAULT_LIMITS.descriptors : Math.min(Number(own), DEFAULT_LIMITS.descriptors)
  expect(openFilesUnder(DEFAULT_LIMITS.descriptors)).toEqual([String(expected), String(expected)])
  expect(openFilesUnder(400)).toEqual(['400', '400'])
})

test.skipIf(!hasPrlimit)('a limit above what this machine allows is lowered to that, and does not keep a server from starting', () => {
  const own = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
  const wanted = 2 ** 30
  const [soft] = openFilesUnder(wanted)
  expect(soft).toBe(own === 'unlimited' ? String(wanted) : String(Math.min(Number(own), wanted)))
})

test('a right server of 15,000 connections does not meet the limit', () => {
  expect(DEFAULT_LIMITS.descriptors).toBeGreaterThan(4 * MOST_CONNECTIONS)
})
