import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { MisuseError } from '../candidate/fault.ts'
import { resolveTarget } from '../candidate/find-candidate.ts'
import { raceFirstJoin } from './checks/race-first-join.ts'
import { examineCandidate } from './examine-candidate.ts'
import { ask, planned, standing } from './race-plan.ts'
import { replayInterleaving } from './replay.ts'
import { sizeOf, withChannels, withConnections } from './smaller-recipe.ts'

const SAMPLES = new URL('../../candidates/samples/chat/typescript/', import.meta.url)
const PATIENCE_MS = 120_000

test('a found race is kept as data, gets as small as two joins of one channel, and shows again', { timeout: PATIENCE_MS }, async () => {
  const target = await resolveTarget(fileURLToPath(new URL('check-then-put/', SAMPLES)))
  const record = await examineCandidate({ target, only: ['s1.race.first-join'], quick: true, seed: 7 })
  const found = record.checks.find(check => check.id === 's1.race.first-join')
  expect(found?.outcome).toBe('fail')
  expect(found?.interleaving?.profile).toBe('plain')
  if (found?.interleaving === undefined) throw new Error('Expected an interleaving beside the failure, got none.')
  // Some of it is left out beforehand: leaving it out bit by bit is what takes the time.
  const some = withChannels(withConnections(found.interleaving.recipe, [0, 1, 2]), [0, 1])
  const replayed = await replayInterleaving({ ...task(some), target })
  expect(sizeOf(replayed.recipe)).toEqual({ connections: 2, channels: 1, requests: 2 })
  expect(replayed.hits).toBe(replayed.tries)
  expect(replayed.picture.evidence[0]?.kind).toBe('lost')
})

test('what a right server is asked does not show, and leaves nothing to draw', { timeout: PATIENCE_MS }, async () => {
  const target = await resolveTarget(fileURLToPath(new URL('right/', SAMPLES)))
  const joins = planned(0, {
    channels: 1,
    connections: [standing('ada'), standing('bob')],
    acts: [ask(0, { join: [0] }), ask(1, { join: [0] })],
    roll: [{ channel: 0, speaker: 0 }],
  })
  const replayed = await replayInterleaving({ ...task(joins), target })
  expect(replayed).toMatchObject({ hits: 0, withinSeconds: null, picture: { evidence: [] } })
})

test.each([
  [
    'a server in another language',
    fileURLToPath(new URL('right/', SAMPLES)),
    /"Go, GOMAXPROCS=2"\), got one in typescript\. Name the folder/,
  ],
  ['a server that runs already', 'tcp://127.0.0.1:7000', /"Go, GOMAXPROCS=2"\), got tcp:\/\/127\.0\.0\.1:7000, which runs already/],
])('what was found under an amplifier is not asked of %s', async (_, text, message) => {
  const target = await resolveTarget(text)
  const given = task(planned(0, { channels: 1, connections: [], acts: [], roll: [] }))
  const amplified = { ...given, interleaving: { ...given.interleaving, profile: 'Go, GOMAXPROCS=2' } }
  const replayed = replayInterleaving({ ...amplified, target })
  await expect(replayed).rejects.toThrow(MisuseError)
  await expect(replayed).rejects.toThrow(message)
})

function task(recipe: Parameters<typeof sizeOf>[0]) {
  return {
    check: raceFirstJoin,
    interleaving: { batch: 0, profile: 'plain', recipe },
    seed: 7,
    shrinkMs: 60_000,
    tries: 2,
    containment: undefined,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  }
}
