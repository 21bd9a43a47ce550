import { createServer, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { CandidateFixture, ECHO } from './candidate-fixture.ts'
import { whyNoContainer, type ContainmentName } from './contain-level.ts'
import { MisuseError } from './fault.ts'
import { resolveTarget } from './find-candidate.ts'
import { allPids, hasInEnvironment, readStat } from './process-stat.ts'
import type { RunningCandidate } from './running-candidate.ts'
import { startCandidate } from './start-candidate.ts'

const isLinux = process.platform === 'linux'
const levels: ContainmentName[] = (await whyNoContainer()) === undefined ? ['networked', 'group'] : ['group']
/** Three processes: the shell, the server and a child of it that works without end. */
const TEAM = `
const { fork } = require('node:child_process')
if (process.argv[2] === 'child') for (;;) Math.random()
fork(__filename, ['child'])
${ECHO}`

let fixture: CandidateFixture
const running: RunningCandidate[] = []

beforeAll(async () => {
  fixture = await CandidateFixture.create()
})
afterEach(async () => {
  for (const candidate of running.splice(0)) await candidate.stop()
})
afterAll(async () => await fixture.remove())

describe.skipIf(!isLinux).each(levels)('contained as %s', containment => {
  async function team(): Promise<RunningCandidate> {
    const candidate = await startCandidate(await fixture.server(`team-${containment}`, TEAM), { containment })
    running.push(candidate)
    await expect.poll(() => candidate.sample()?.processes).toBe(3)
    return candidate
  }

  test('a sample counts the whole tree and nothing of the container', async () => {
    const candidate = await team()
    // A runtime's threads come one after the other.
    await expect.poll(() => candidate.sample()?.threads).toBeGreaterThan(10)
    const before = candidate.sample()
    const commands = candidate.pids().map(pid => readStat(pid)?.command)
    expect(commands).toEqual(['sh', 'node', 'node'])
    expect(candidate.rootPid).toBe(candidate.pids()[0])
    expect(before?.rssBytes).toBeGreaterThan(20 * 1024 * 1024)
    expect(before?.fds).toBeGreaterThan(10)
    // The child burns CPU without end, so the sum must rise, by both clocks.
    const precise = candidate.preciseCpuSeconds() ?? 0
    await expect.poll(() => candidate.sample()?.cpuSeconds).toBeGreaterThan((before?.cpuSeconds ?? 0) + 0.05)
    expect(candidate.preciseCpuSeconds()).toBeGreaterThan(precise)
  })

  test('what is frozen uses no CPU and answers nothing until it is thawed', async () => {
    const candidate = await team()
    candidate.freeze()
    expect(candidate.pids().map(pid => readStat(pid)?.state)).toEqual(['T', 'T', 'T'])
    const before = candidate.preciseCpuSeconds()
    const socket = connect(candidate.port, candidate.host)
    const answers: string[] = []
    // A failed expectation leaves the server to be stopped while this is open.
    socket.on('error', () => undefined)
    socket.on('data', data => answers.push(data.toString()))
    socket.write('hello')
    await sleep(100)
    expect(answers).toEqual([])
    expect(candidate.preciseCpuSeconds()).toBeCloseTo(before ?? 0, 3)
    candidate.thaw()
    await expect.poll(() => answers.join('')).toBe('hello')
    socket.destroy()
  })

  test('a server that stands still is stopped in order all the same', async () => {
    const candidate = await startCandidate(
      await fixture.server(`frozen-${containment}`, `process.on('SIGTERM', () => process.exit(0)); ${ECHO}`),
      {
        containment,
      },
    )
    candidate.freeze()
    expect(await candidate.stop()).toMatchObject({ code: 0, cause: 'stopped' })
    expect(await candidate.stop()).toMatchObject({ code: 0, cause: 'stopped' })
    expect(candidate.sample()).toBeNull()
  })

  test('the environment is what was given, not ours', async () => {
    process.env['ASSAY_TEST_OURS'] = 'ours'
    const source = `${ECHO}; console.log(JSON.stringify(process.env))`
    try {
      const candidate = await startCandidate(await fixture.server(`environment-${containment}`, source), {
        containment,
        extraEnv: { AMPLIFY: '1' },
      })
      running.push(candidate)
      await expect.poll(() => candidate.output()).toContain('"AMPLIFY":"1"')
      expect(candidate.output()).toContain(`"PORT":"${candidate.port}"`)
      expect(candidate.output()).not.toContain('ASSAY_TEST_OURS')
    } finally {
      delete process.env['ASSAY_TEST_OURS']
    }
  })
})

test('a port that is taken is a misuse, and nothing is started', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise(done => other.once('listening', done))
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const target = await fixture.server('taken', ECHO)
  await expect(startCandidate(target, { port })).rejects.toThrow(MisuseError)
  other.close()
})

test('a port that is taken at another address of this machine is not in the way', async () => {
  const other = createServer().listen(0, '127.0.0.9')
  await new Promise(done => other.once('listening', done))
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const target = await fixture.server('elsewhere', ECHO)
  const candidate = await startCandidate(target, { port })
  await candidate.stop()
  other.close()
})

test('a server that listens already is taken as it is, sampled by its pid, and left running', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise(done => other.once('listening', done))
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const candidate = await startCandidate(await resolveTarget(`tcp://127.0.0.1:${port}`), { pid: process.pid })
  expect(candidate).toMatchObject({ canFreeze: false, rootPid: process.pid, transport: 'tcp', port })
  expect(candidate.sample()?.rssBytes).toBeGreaterThan(1024)
  expect(() => candidate.freeze()).toThrow(/Expected a server that Assay started itself/)
  await candidate.stop()
  expect(candidate.hasExited()).toBeNull()
  other.close()
})

test('a wait that is called off leaves no process behind', async () => {
  const target = await fixture.server('called-off', 'setInterval(() => {}, 1000)')
  const marker = `ASSAY_TEST_CALLED_OFF`
  const off = new AbortController()
  const waiting = startCandidate(target, { signal: off.signal, extraEnv: { [marker]: '1' } })
  waiting.catch(() => undefined)
  const found = (): number[] => allPids().filter(pid => hasInEnvironment(pid, `${marker}=1`))
  if (isLinux) await expect.poll(found, { interval: 10, timeout: 10_000 }).not.toEqual([])
  off.abort()
  await expect(waiting).rejects.toThrow(/abort/i)
  expect(found()).toEqual([])
})
