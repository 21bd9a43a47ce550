import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { decideContainment, strictestContainment, whyNoContainer } from './contain-level.ts'
import { MisuseError } from './fault.ts'
import { isNetworkIsolated } from './isolated-network.ts'

const noContainer = await whyNoContainer()

test('whatever is asked for, one line says what is in force', async () => {
  expect(await decideContainment('group')).toMatchObject({ name: 'group', summary: expect.stringMatching(/^containment: group/) })
  expect((await strictestContainment()).summary).toMatch(/^containment: /)
})

describe.skipIf(process.platform !== 'linux' || isNetworkIsolated())('outside an isolated network', () => {
  test('less than strict is not given silently: the flag to ask for it is named', async () => {
    const thrown = await decideContainment().catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(MisuseError)
    expect(String(thrown)).toContain(`accept less with --containment ${noContainer === undefined ? 'networked' : 'group'}`)
  })
})

describe.skipIf(!canUnshare())('in a network namespace of its own', () => {
  test('loopback alone counts as isolated', () => {
    const devices = execFileSync('unshare', ['--user', '--map-root-user', '--net', 'cat', '/proc/self/net/dev'], { encoding: 'utf8' })
    expect(
      devices
        .split('\n')
        .slice(2)
        .map(line => line.split(':')[0]?.trim()),
    ).toEqual(['lo', ''])
  })
})

function canUnshare(): boolean {
  try {
    execFileSync('unshare', ['--user', '--map-root-user', '--net', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
