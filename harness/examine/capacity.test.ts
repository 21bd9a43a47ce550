import { afterAll, beforeAll, expect, test } from 'vitest'
import { CandidateFixture } from '../candidate/candidate-fixture.ts'
import { strictestContainment } from '../candidate/contain-level.ts'
import { CandidateFault } from '../candidate/fault.ts'
import { startCandidate } from '../candidate/start-candidate.ts'
import { type CapacityRecord, capacityRecordSchema } from '../record/capacity-record.ts'
import { scenarioSchema } from '../scenario/scenario.ts'
import { searchCapacity } from './capacity.ts'
import { littleChat } from './little-chat-fixture.ts'

const SCENARIO = scenarioSchema.parse({
  name: 'brief',
  users: 4,
  channels: 1,
  membership: { kind: 'all' },
  arrival: { model: 'open', process: 'constant', ratePerSecond: 20 },
  body: { bytes: 60 },
  phases: [{ name: 'hold', kind: 'hold', seconds: 1 }],
})

let fixture: CandidateFixture
beforeAll(async () => {
  fixture = await CandidateFixture.create()
})
afterAll(async () => await fixture.remove())

test('a server that does not start is named in the record, with what it printed', async () => {
  const start = async () => await Promise.reject(new CandidateFault('Expected it to build.', 'no such module'))
  const record = await searchCapacity({ ...search('dead'), start })
  expect(record).toMatchObject({ status: 'failed', statusText: 'Expected it to build.', candidate: 'dead', output: 'no such module' })
  expect(capacityRecordSchema.safeParse(record).success).toBe(true)
})

test('each step is kept as soon as it has ended, and what ended the search after it', { timeout: 60_000 }, async () => {
  const target = await fixture.server('mortal', littleChat('chat.send = () => process.exit(3)'))
  const kept: CapacityRecord[] = []
  let starts = 0
  const start = async () => {
    if (starts++ > 0) throw new Error('a bug of ours')
    return await startCandidate(target)
  }
  await expect(searchCapacity({ ...search('mortal'), start, onRecord: record => kept.push(record) })).rejects.toThrow('a bug of ours')
  expect(kept.map(({ status, statusText, steps }) => [status, statusText, steps.length])).toEqual([
    ['interrupted', 'The search had not ended when this was written.', 1],
    ['interrupted', 'The search broke off: a bug of ours', 1],
  ])
  for (const record of kept) expect(capacityRecordSchema.safeParse(record).success).toBe(true)
  expect(kept[0]?.containment).toBe((await strictestContainment()).summary)
})

function search(name: string) {
  const signal = new AbortController().signal
  return { scenario: SCENARIO, by: 'users' as const, seed: 7, signal, targetText: './x', name, language: 'javascript', workers: 1 }
}
