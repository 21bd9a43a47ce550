import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CandidateFixture } from '../candidate/candidate-fixture.ts'
import type { CheckResult } from '../record/check-record.ts'
import { examineCandidate } from './examine-candidate.ts'
import { littleChat } from './little-chat-fixture.ts'

/** On a busy machine patience takes its time. */
vi.setConfig({ testTimeout: 90_000 })

let fixture: CandidateFixture
beforeEach(async () => {
  fixture = await CandidateFixture.create()
})
afterEach(async () => await fixture.remove())

test('a delivery that comes twice in a batch keeps that batch, to be replayed', async () => {
  const doubling = `
const send = chat.send
chat.send = (socket, request) => {
  send(socket, request)
  const [first, ...others] = members.get(request.channel) ?? []
  if (others.length > 2) chat.say(first, { type: 'message', channel: request.channel, body: request.body })
}`
  const result = await firstJoinOf('doubling', doubling)
  expect(result?.outcome).toBe('fail')
  expect(result?.evidence[0]?.kind).toBe('duplicated')
  expect(result?.interleaving?.batch).toBe(0)
})

test('a delivery that comes late, and before it would count as lost, is no race', async () => {
  // One delivery of a roll call waits until somebody connects; the fresh connection that asks whether all is quiet does.
  const late = `
let held = null
let sends = 0
const send = chat.send
chat.send = (socket, request) => {
  const [first, ...others] = members.get(request.channel) ?? []
  if (++sends !== 250 || first === undefined) return send(socket, request)
  const message = { type: 'message', channel: request.channel, body: request.body }
  for (const member of others) chat.say(member, message)
  held = () => chat.say(first, message)
}
chat.came = () => (held?.(), (held = null))`
  const result = await firstJoinOf('late', late)
  expect(result).toMatchObject({ outcome: 'inconclusive', evidence: [], reason: expect.stringContaining('nothing was lost') as string })
})

async function firstJoinOf(name: string, twist: string): Promise<CheckResult | undefined> {
  const target = await fixture.server(name, littleChat(twist))
  const record = await examineCandidate({ target, only: ['s1.race.first-join'], quick: true, seed: 7 })
  return record.checks.find(({ id }) => id === 's1.race.first-join')
}
