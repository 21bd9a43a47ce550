import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { attachToServer } from '../candidate/attach-candidate.ts'
import { CandidateFixture } from '../candidate/candidate-fixture.ts'
import { startCandidate } from '../candidate/start-candidate.ts'
import { littleChat } from './little-chat-fixture.ts'
import { loadScenario, playTrial } from './load-trial.ts'

/** Every server is far away, so that one on this machine can stand in for it. */
const RTT_MS = 12.5
vi.mock('../load/network-rtt.ts', () => ({ measureNetworkRtt: async () => await Promise.resolve(RTT_MS) }))

let fixture: CandidateFixture
beforeAll(async () => {
  fixture = await CandidateFixture.create()
})
afterAll(async () => await fixture.remove())

test('a trial against a server that Assay did not start says how far away it is', { timeout: 60_000 }, async () => {
  const started = await startCandidate(await fixture.server('near', littleChat()))
  try {
    const { host, port } = started
    const attached = await attachToServer({ kind: 'url', url: `tcp://${host}:${port}`, transport: 'tcp', host, port })
    for (const [server, expected] of [[attached, RTT_MS] as const, [started, null] as const]) {
      const record = await playTrial({ scenario: BRIEF, server, seed: 7, signal: new AbortController().signal, workers: 1 })
      expect(record.candidate.networkRttMs).toBe(expected)
      expect(record.candidate.containment).toBe(server.containment?.summary ?? null)
    }
  } finally {
    await started.stop()
  }
})

const BRIEF = loadScenario({
  name: 'brief',
  users: 2,
  channels: 1,
  membership: { kind: 'all' },
  arrival: { model: 'open', process: 'constant', ratePerSecond: 20 },
  body: { bytes: 60 },
  phases: [{ name: 'hold', kind: 'hold', seconds: 0.5 }],
})
