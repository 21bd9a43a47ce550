import { expect, test } from 'vitest'
import { REPLAY_RECORD_VERSION, type ReplayRecord } from '../harness/record/replay-record.ts'
import { renderReplayText } from './replay-text.ts'

const RECORD: ReplayRecord = {
  kind: 'assay-replay',
  version: REPLAY_RECORD_VERSION,
  checkId: 's1.race.first-join',
  title: 'Connections that join a fresh channel at the same moment all become members.',
  candidate: 'jane-doe',
  language: 'java',
  target: './jane-doe',
  seed: 42,
  startedAt: '2026-01-02T03:04:05.000Z',
  durationMs: 15_000,
  given: { connections: 96, channels: 192, requests: 96 },
  smallest: { connections: 96, channels: 192, requests: 96 },
  interleaving: {
    batch: 0,
    profile: 'plain',
    recipe: {
      release: 'freeze',
      together: 0,
      channels: 0,
      standingChannels: 0,
      connections: [],
      acts: [],
      pressure: null,
      roll: [],
      census: [],
      leastMs: 0,
    },
  },
  hits: 0,
  tries: 5,
  tryMs: 3000,
  withinSeconds: null,
  evidence: [],
}
const shown = (record: ReplayRecord): string =>
  renderReplayText(record, { colour: false, width: 100 }, 'replay.json').replaceAll(/\s+/g, ' ')

test('a race that did not show again is neither called a pass nor said to be as small as it gets', () => {
  const text = shown(RECORD)
  expect(text).toContain('– NOT SEEN s1.race.first-join')
  expect(text).toContain('96 connections, 192 channels, 96 requests, as in the evidence.')
  expect(text).toContain('That does not show that it is gone')
  expect(text).not.toMatch(/PASS|could be left out/)
})

test('a race that shows is a failure, with its size and how often it shows', () => {
  const text = shown({ ...RECORD, smallest: { connections: 3, channels: 1, requests: 2 }, hits: 4, withinSeconds: 1.5 })
  expect(text).toMatch(/^✕ FAIL s1\.race\.first-join/)
  expect(text).toContain('3 connections, 1 channel, 2 requests, of 96 connections')
  expect(text).toContain('Shows in 4 of 5 tries, within 2 s.')
})
