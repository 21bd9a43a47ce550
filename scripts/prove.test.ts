import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { CHECK_IDS } from '../harness/judge/check-ids.ts'

interface Job {
  readonly bar: string
  readonly id: string
  readonly target: string
  readonly script?: string
  readonly expect: { readonly must: readonly string[]; readonly may: readonly string[] }
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const at = async (name: string): Promise<unknown> => await import(new URL(name, import.meta.url).href)
const { listJobs, LANGUAGES } = (await at('./prove-jobs.mjs')) as { listJobs: (root: string) => Job[]; LANGUAGES: string[] }
const { judgeAnew } = (await at('./prove-judge.mjs')) as { judgeAnew: (job: Pick<Job, 'expect' | 'script'>, result: object) => object }
const { renderTruth } = (await at('./prove-report.mjs')) as { renderTruth: (jobs: Job[], results: Record<string, object>) => string }
const jobs = listJobs(root)

describe('the jobs of npm run prove', () => {
  test('have names of their own', () => {
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length)
  })

  test('replay the race of check-then-put in each language', () => {
    const replays = jobs.filter(({ id }) => id.startsWith('replay/'))
    expect(replays.map(({ id }) => id)).toEqual(LANGUAGES.map(language => `replay/${language}`))
    expect(replays.map(({ target }) => target)).toEqual(
      LANGUAGES.map(language => join('candidates', 'samples', 'chat', language, 'check-then-put')),
    )
  })

  test('examine etcd and Redis three times each, and Redis must not be found linearizable', () => {
    const peers = jobs.filter(({ id }) => id.startsWith('kv/peers/'))
    expect(peers.map(({ id }) => id)).toEqual(['etcd', 'redis'].flatMap(peer => [1, 2, 3].map(turn => `kv/peers/${peer}/${turn}`)))
    expect([...new Set(peers.map(({ expect: { must } }) => must.join()))]).toEqual(['', 'k6.linearizable'])
  })
})

describe('a kept result', () => {
  const checks = [
    { id: 's1.race.churn', outcome: 'fail' },
    { id: 's1.fanout', outcome: 'fail' },
    { id: 's1.body', outcome: 'inconclusive' },
  ]
  const old = {
    isHeld: false,
    seconds: 3,
    seed: 7,
    missed: [],
    unexpected: ['s1.fanout'],
    undecided: [],
    checks,
    note: 'failed too: s1.fanout',
  }

  test('in which Assay itself failed does not hold', () => {
    const broken = { ...old, checks: [{ id: 's1.body', outcome: 'inconclusive', reason: 'Assay itself failed (a bug of ours): too big' }] }
    expect(judgeAnew({ expect: { must: [], may: [] } }, broken)).toMatchObject({
      isHeld: false,
      note: 'Assay itself failed in: s1.body; inconclusive: s1.body',
    })
  })

  test('is judged by what its job expects today', () => {
    expect(judgeAnew({ expect: { must: ['s1.race.churn'], may: ['s1.fanout'] } }, old)).toEqual({
      ...old,
      isHeld: true,
      unexpected: [],
      undecided: ['s1.body'],
      note: 'inconclusive: s1.body',
    })
    expect(judgeAnew({ expect: { must: ['s1.body'], may: [] } }, old)).toMatchObject({
      isHeld: false,
      missed: ['s1.body'],
      note: 'not found: s1.body; failed too: s1.race.churn, s1.fanout',
    })
  })

  test('of an examination that did not end stays one, also where only its note says so', () => {
    const expected = { must: ['s1.race.churn'], may: ['s1.fanout', 's1.body'] }
    const broken = { ...old, note: 'not examined to the end: It died; twice.; failed too: s1.fanout' }
    const note = 'not examined to the end: It died; twice.; inconclusive: s1.body'
    expect(judgeAnew({ expect: expected }, broken)).toMatchObject({ isHeld: false, note })
    const kept = { ...old, note: '', status: 'failed', statusText: 'It died; twice.' }
    expect(judgeAnew({ expect: expected }, kept)).toMatchObject({ isHeld: false, note })
  })

  test('of a script is what the script said', () => {
    const result = { isHeld: true, note: '', outcome: 'pass' }
    expect(judgeAnew({ script: 'x.mjs', expect: { must: CHECK_IDS, may: [] } }, result)).toBe(result)
  })

  test('stands in the report as it is judged today', () => {
    const own = jobs.filter(({ id }) => id === 'flawed/go/check-then-put/1' || id === 'replay/go')
    const size = { connections: 2, channels: 1, requests: 2 }
    const figures = { hits: 9, tries: 10, withinSeconds: 0.25, given: { ...size, channels: 40 }, smallest: size, seconds: 51.7 }
    const text = renderTruth(own, {
      'flawed/go/check-then-put/1': {
        ...old,
        checks: [{ id: 's1.race.first-join', outcome: 'fail', power: null }],
        unexpected: ['s1.race.first-join'],
        note: 'failed too: s1.race.first-join',
      },
      'replay/go': { isHeld: true, seconds: 80, figures, note: '' },
    })
    expect(text).toContain('| go/check-then-put | s1.race.first-join | 1 of 1 |  |')
    expect(text).toContain('1 of 1 showed again (1 planned)')
    expect(text).toContain('| go | 9 of 10 | 0.3 | 2 / 40 / 2 | 2 / 1 / 2 | 52 |  |')
  })
})
