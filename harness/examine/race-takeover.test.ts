import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CandidateFixture } from '../candidate/candidate-fixture.ts'
import type { ManifestTarget } from '../candidate/find-candidate.ts'
import { startCandidate } from '../candidate/start-candidate.ts'
import type { CheckResult } from '../record/check-record.ts'
import { createReadArea } from '../wire/read-area.ts'
import { type ChatCheckSettings, runChatCheck } from './chat-attempt.ts'
import type { MeasuredControl } from './check.ts'
import { raceTakeover } from './checks/race-takeover.ts'
import { littleChat } from './little-chat-fixture.ts'

/** On a busy machine patience takes its time. */
vi.setConfig({ testTimeout: 90_000 })

const RIGHT = `
const holders = new Map()
const claim = (socket, { id, username }, older) => {
  if (older !== socket) older?.destroy()
  holders.set(username, socket)
  chat.say(socket, { type: 'welcome', id })
}
const left = chat.left
chat.left = socket => {
  left(socket)
  for (const [name, holder] of holders) if (holder === socket) holders.delete(name)
}
chat.unknown = (socket, request) => claim(socket, request, holders.get(request.username))
`
const RACY = `${RIGHT}
chat.unknown = (socket, request) => {
  const older = holders.get(request.username)
  setTimeout(() => claim(socket, request, older), 5)
}
`
/** Looks the name up a moment later, when whoever claimed it may have left already. */
const KEEPS_NAMES = `${RIGHT}
chat.unknown = (socket, request) => {
  setTimeout(() => {
    if (!holders.has(request.username)) return claim(socket, request)
    chat.say(socket, { type: 'error', id: request.id, message: 'taken' })
  }, 5)
}
`
const CAUGHT: MeasuredControl = {
  name: 'javascript/racy',
  rounds: 9,
  batches: 3,
  failedRounds: 5,
  failedBatches: 5,
  firstFailureSeconds: 1,
  batchesForFive: 3,
  rightFailedBatches: 0,
  rightBatches: 15,
}

let fixture: CandidateFixture
beforeEach(async () => {
  fixture = await CandidateFixture.create()
})
afterEach(async () => await fixture.remove())

test('on a control each catch is counted, and the claims go on', async () => {
  const measure = { batches: 6, catches: 2 }
  const racy = await resultOf(await fixture.server('racy', littleChat(RACY)), { measure })
  expect(racy.power).toMatchObject({ failedBatches: 2, batches: 2, rounds: 6 })
  const right = await resultOf(await fixture.server('right', littleChat(RIGHT)), { measure })
  expect(right.power).toMatchObject({ failedBatches: 0, batches: 6 })
})

test('a pass says what the control did, and takes three times as many batches as that needed', async () => {
  const target = await fixture.server('right', littleChat(RIGHT))
  const result = await resultOf(target, { control: async () => await Promise.resolve(CAUGHT) })
  expect(result).toMatchObject({ outcome: 'pass', power: { batches: 9, failedBatches: 0, control: CAUGHT } })
  expect(result.reason).toMatch(/^The policy `replace` held for 27 names in 9 batches\. The racy control \(javascript\/racy\) failed/)
})

test('where even the racy control goes free, nothing is claimed', async () => {
  const target = await fixture.server('right', littleChat(RIGHT))
  const free: MeasuredControl = { ...CAUGHT, failedRounds: 0, failedBatches: 0, batchesForFive: null }
  const result = await resultOf(target, { control: async () => await Promise.resolve(free) })
  expect(result).toMatchObject({ outcome: 'inconclusive', reason: expect.stringContaining('caught in only 0') as string })
})

test('a name that was claimed by a connection in the moment of its end must be free again', async () => {
  const target = await fixture.server('keeps names', littleChat(KEEPS_NAMES))
  const result = await resultOf(target, { manifest: { ...target.manifest, usernames: 'refuse' } })
  expect(result).toMatchObject({ outcome: 'fail', reason: expect.stringContaining('were claimed by connections that left') as string })
})

async function resultOf(target: ManifestTarget, differs: Partial<ChatCheckSettings>): Promise<CheckResult> {
  const server = await startCandidate(target, { limits: { graceMs: 300 } })
  try {
    return await runChatCheck(raceTakeover, {
      server,
      start: async options => await startCandidate(target, options),
      area: createReadArea(1024 * 1024),
      seed: 7,
      repetition: 1,
      quick: true,
      manifest: { ...target.manifest, usernames: 'replace' },
      signal: new AbortController().signal,
      measure: null,
      control: async () => await Promise.resolve('unknown' as const),
      progress: () => undefined,
      ...differs,
    })
  } finally {
    await server.stop()
  }
}
