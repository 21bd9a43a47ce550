import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { CandidateFixture } from '../candidate/candidate-fixture.ts'
import { resolveTarget } from '../candidate/find-candidate.ts'
import { startCandidate } from '../candidate/start-candidate.ts'
import { accepts } from '../candidate/wait-until-listening.ts'
import { checkRecordSchema, type CheckRecord } from '../record/check-record.ts'
import { examineCandidate } from './examine-candidate.ts'
import { littleChat } from './little-chat-fixture.ts'

/** On a busy machine patience takes its time. */
vi.setConfig({ testTimeout: 90_000 })

const FAULTY = new URL('../../candidates/fixtures/faulty/', import.meta.url)
const SAMPLES = new URL('../../candidates/samples/chat/', import.meta.url)

test.each(['batch', 'tcp.spacing'])('the right server candidate.%s.yaml passes and leaves a valid record', async name => {
  const record = await examine(new URL(`candidate.${name}.yaml`, FAULTY), ['s1.rejoin', 's1.isolation'])
  expect(outcomes(record)).toEqual({ 's1.rejoin': 'pass', 's1.isolation': 'pass' })
  expect(checkRecordSchema.parse(record).checks.filter(check => check.outcome === 'not attempted').length).toBeGreaterThan(10)
})

test('a channel that replays its history fails s1.no-history, with the late joiner and the message as evidence', async () => {
  const record = await examine(new URL('python/history-replayed/', SAMPLES), ['s1.no-history'])
  expect(outcomes(record)).toEqual({ 's1.no-history': 'fail' })
  const [evidence] = record.checks.find(check => check.id === 's1.no-history')?.evidence ?? []
  expect(evidence?.kind).toBe('history')
  expect(evidence?.lanes).toContain('late joiner')
})

test('what is lost beside other traffic fails s2.isolation, and is not waited for until its time is up', async () => {
  const target = await resolveTarget(fileURLToPath(new URL('typescript/acknowledged-before-added/', SAMPLES)))
  const record = await examineCandidate({ target, only: ['s2.isolation'], quick: true, seed: 7 })
  expect(outcomes(record)).toEqual({ 's2.isolation': 'fail' })
})

test('a server that ends while it is examined fails the check, and says how it ended', async () => {
  const record = await examine(new URL('typescript/crash-on-bad-json/', SAMPLES), ['safe.malformed'])
  expect(outcomes(record)).toEqual({ 'safe.malformed': 'fail' })
  expect(record.checks.find(check => check.id === 'safe.malformed')?.evidence[0]?.kind).toBe('crash')
})

test('user names are not attempted where the manifest declares no policy', async () => {
  const record = await examine(new URL('candidate.tcp.none.yaml', FAULTY), ['s1.takeover'])
  expect(outcomes(record)).toEqual({})
  expect(record.checks.find(check => check.id === 's1.takeover')?.reason).toContain('usernames')
})

test('an examination that is interrupted keeps what it found', async () => {
  const interrupt = new AbortController()
  const target = await resolveTarget(fileURLToPath(new URL('candidate.tcp.none.yaml', FAULTY)))
  const record = await examineCandidate({
    target,
    only: ['s1.rejoin', 's1.disconnect'],
    seed: 7,
    signal: interrupt.signal,
    onProgress: ({ result }) => {
      if (result?.id === 's1.rejoin') interrupt.abort()
    },
  })
  expect(record.status).toBe('interrupted')
  expect(outcomes(record)).toEqual({ 's1.rejoin': 'pass' })
})

test('an examination that is interrupted leaves no server behind', async () => {
  const fixture = await CandidateFixture.create()
  try {
    const target = await fixture.server('little', `console.log('port', process.env.PORT)\n${littleChat()}`)
    const interrupt = new AbortController()
    let output = ''
    const record = await examineCandidate({
      target,
      only: ['s1.disconnect'],
      seed: 7,
      signal: interrupt.signal,
      onProgress: ({ text }) => (text === 'begins' ? void setTimeout(() => interrupt.abort(), 1500) : undefined),
      onOutput: text => (output += text),
    })
    expect(record.status).toBe('interrupted')
    const port = Number(/port (\d+)/.exec(output)?.[1])
    expect(port).toBeGreaterThan(0)
    expect(await accepts('127.0.0.1', port)).toBe(false)
  } finally {
    await fixture.remove()
  }
})

test('a server that Assay did not start, and that ends while it is examined, is at fault, and not whoever named it', async () => {
  const fixture = await CandidateFixture.create()
  try {
    const own = await startCandidate(await fixture.server('brittle', littleChat('chat.broken = () => process.exit(1)')))
    const target = await resolveTarget(own.url)
    const record = await examineCandidate({ target, only: ['safe.malformed', 's2.recovery'], quick: true, seed: 7 })
    expect(outcomes(record)).toEqual({ 'safe.malformed': 'fail' })
    expect(record).toMatchObject({ status: 'failed', statusText: expect.stringContaining('no longer accepts connections') as string })
    await own.stop()
  } finally {
    await fixture.remove()
  }
})

test('checks are played at the same time as long as a server has not failed', async () => {
  const fixture = await CandidateFixture.create()
  try {
    const texts: string[] = []
    const only = ['s1.fanout', 's1.rejoin', 's1.no-history']
    for (const change of ['', 'chat.join = () => process.exit(1)']) {
      const target = await fixture.server(`once${change.length}`, littleChat(change))
      const record = await examineCandidate({
        target,
        only,
        quick: true,
        seed: 7,
        onProgress: ({ checkId, text }) => texts.push(`${checkId} ${text}`),
      })
      expect(Object.values(outcomes(record))).toEqual(only.map(() => (change === '' ? 'pass' : 'fail')))
    }
    expect(texts.filter(text => text.includes('at the same time'))).toHaveLength(2)
    expect(texts.filter(text => text.endsWith('by itself'))).toEqual([])
  } finally {
    await fixture.remove()
  }
})

test('a server that ends with its last connection fails the check that let go of it', async () => {
  const fixture = await CandidateFixture.create()
  try {
    const brief = `
let open = 0
const [join, left] = [chat.join, chat.left]
chat.join = (socket, request) => (open++, join(socket, request))
chat.left = socket => (left(socket), open > 0 && process.exit(3))`
    const target = await fixture.server('brief', littleChat(brief))
    // An end that had not begun at the glance after the check is told by the next one.
    const record = await examineCandidate({ target, only: ['s1.rejoin', 's1.no-history'], quick: true, seed: 7 })
    const crashes = record.checks
      .flatMap(({ outcome, evidence }) => (outcome === 'fail' ? evidence : []))
      .filter(({ kind }) => kind === 'crash')
    expect(crashes.map(({ text }) => text).join()).toContain('code 3')
  } finally {
    await fixture.remove()
  }
})

test.each([
  ['the next that needs it', ['s1.fanout', 'safe.half-open', 's2.recovery'], /before the check began, while.*code 3/],
  ['the last that needed it', ['s1.rejoin', 'safe.half-open', 's2.recovery'], /after the check, while.*code 3/],
])('a server that ends while no check is at work fails %s', async (_, only, reason) => {
  const fixture = await CandidateFixture.create()
  try {
    const alone = `
let open = 0
let end
const left = chat.left
chat.came = () => (open++, clearTimeout(end))
chat.left = socket => (left(socket), --open === 0 && (end = setTimeout(() => process.exit(3), 1000)))`
    const target = await fixture.server('alone', littleChat(alone))
    const record = await examineCandidate({ target, only, quick: true, seed: 7 })
    expect(outcomes(record)).toEqual({ [only[0] ?? '']: 'pass', 'safe.half-open': 'pass', 's2.recovery': 'fail' })
    expect(record.checks.find(({ id }) => id === 's2.recovery')).toMatchObject({
      reason: expect.stringMatching(reason) as string,
      evidence: [{ kind: 'crash' }],
    })
  } finally {
    await fixture.remove()
  }
})

test('the limit of descriptors of a server that Assay did not start is not examined, though its process is known', async () => {
  const fixture = await CandidateFixture.create()
  try {
    const own = await startCandidate(await fixture.server('little', littleChat()))
    const pid = own.rootPid ?? 0
    const record = await examineCandidate({ target: await resolveTarget(own.url), pid, only: ['s3.connections'], seed: 7 })
    expect(outcomes(record)).toEqual({})
    expect(record.checks.find(({ id }) => id === 's3.connections')?.reason).toMatch(/did not start this server/)
    await own.stop()
  } finally {
    await fixture.remove()
  }
})

async function examine(file: URL, only: readonly string[]): Promise<CheckRecord> {
  return await examineCandidate({ target: await resolveTarget(fileURLToPath(file)), only, quick: true, seed: 7 })
}

function outcomes(record: CheckRecord): Record<string, string> {
  return Object.fromEntries(record.checks.filter(check => check.outcome !== 'not attempted').map(check => [check.id, check.outcome]))
}
