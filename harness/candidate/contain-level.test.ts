import { describe, expect, test } from 'vitest'
import { decideContainment, strictestContainment, whyNoContainer } from './contain-level.ts'
import { MisuseError } from './fault.ts'
import { enterIsolatedNetwork, isNetworkIsolated } from './isolated-network.ts'
import { whyMissing } from './needs-fixture.ts'

const noContainer = await whyNoContainer()

test('whatever is asked for, one line says what is in force', async () => {
  expect(await decideContainment('group')).toMatchObject({ name: 'group', summary: expect.stringMatching(/^containment: group/) })
  expect((await strictestContainment()).summary).toMatch(/^containment: /)
})

describe.skipIf((await whyMissing(['linux'])) !== undefined || isNetworkIsolated())('outside an isolated network', () => {
  test('less than strict is not given silently: the flag to ask for it is named', async () => {
    const thrown = await decideContainment().catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(MisuseError)
    expect(String(thrown)).toContain(`accept less with --containment ${noContainer === undefined ? 'networked' : 'group'}`)
  })
})

const noNetwork = await whyMissing(['linux', 'own network'])
const why = noNetwork === undefined ? '' : ` (skipped: ${noNetwork})`

describe.skipIf(noNetwork !== undefined || isNetworkIsolated())(`a command that starts itself again in an isolated network${why}`, () => {
  test('has loopback and nothing else there, and hands its exit code on', async () => {
    const script = `
      const net = require('node:net')
      const devices = require('node:fs').readFileSync('/proc/self/net/dev', 'utf8').split('\\n').length
      const server = net.createServer().listen(0, '127.0.0.1', () =>
        net.connect(server.address().port, '127.0.0.1')
          .on('connect', () => net.connect(9, '192.0.2.1').on('error', error => process.exit(error.code === 'ENETUNREACH' && devices === 4 ? 42 : 1)))
          .on('error', () => process.exit(2)))`
    expect(await enterIsolatedNetwork(['-e', script])).toEqual({ kind: 'finished', exitCode: 42 })
  })
})
