import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { resolveTarget } from './find-candidate.ts'
import { dumpStacks } from './stack-dump.ts'
import { startCandidate } from './start-candidate.ts'

const STARTERS = new URL('../../candidates/starters/', import.meta.url)

test.each([
  ['python', /File "\/?.*plumbing\.py", line \d+/],
  ['typescript', /process node, its threads:\n +\d+ × /],
])('what the threads of a server in %s are at is told by its runtime or by the kernel', async (language, expected) => {
  const server = await startCandidate(await resolveTarget(fileURLToPath(new URL(`${language}/`, STARTERS))))
  try {
    expect(await dumpStacks(server)).toMatch(expected)
  } finally {
    await server.stop()
  }
})
