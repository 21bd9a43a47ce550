// What has to be shown, as a list of jobs: each one `assay check` of one candidate, repeated, and what has to come of it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

const SAMPLES = join('candidates', 'samples', 'chat')
const REFERENCES = [join('reference', 'chat', 'candidate.yaml'), join('reference', 'chat', 'candidate.tcp.yaml')]
/** The languages of an interview; asyncio's samples are examined as Python's. */
export const LANGUAGES = ['typescript', 'python', 'java', 'go', 'rust', 'cpp']
/** Of each language so many flawed samples are examined in full. */
const FULL_A_LANGUAGE = 2
const RACE = 's1.race.first-join'
const KV_REFERENCE = join('reference', 'kv')
const KV_SAMPLES = join('candidates', 'samples', 'kv')
const NOTHING = { must: [], may: [] }
const SCHEDULES = 60
/** Real stores, each with the program that it needs. */
const PEERS = [
  { peer: 'etcd', needs: { program: 'etcd', install: 'apt-get install etcd-server' } },
  { peer: 'redis', needs: { program: 'redis-server', install: 'apt-get install redis-server' } },
]

/**
 * Job: `id` to name it by, `bar` that it belongs to, `target`, `args` of `assay check`, `expect` (must and may), `isBusy`: with one core
 * kept busy. A job with `script` is that script with `args` instead, which prints its outcome. `needs`: a program without which it is skipped.
 */
export function listJobs(root) {
  const samples = listSamples(root, SAMPLES)
  const flawed = samples.filter(({ expect }) => expect.must.length > 0)
  const right = [...samples.filter(({ expect }) => expect.must.length === 0), ...REFERENCES.map(referenceOf)]
  return [
    ...flawedJobs(flawed),
    ...rightJobs(right),
    ...replayJobs(flawed),
    ...costJobs(flawed, right),
    ...scheduleJobs(),
    ...storeJobs(root, listSamples(root, KV_SAMPLES)),
    ...peerJobs(root),
  ]
}

function flawedJobs(flawed) {
  const each = flawed.flatMap(sample =>
    [1, 2, 3].map(turn => job('1', `flawed/${sample.name}/${turn}`, sample, ['--only', sample.expect.must.join(',')])),
  )
  const inFull = LANGUAGES.flatMap(language => {
    const own = flawed.filter(sample => sample.language === language)
    const first = own.filter(({ expect }) => expect.must.includes(RACE))
    return [...first, ...own.filter(sample => !first.includes(sample))].slice(0, FULL_A_LANGUAGE)
  })
  return [...each, ...inFull.map(sample => job('1', `flawed-full/${sample.name}`, sample, []))]
}

function rightJobs(right) {
  return right.flatMap(sample => [
    ...[1, 2, 3, 4, 5].map(turn => job('2', `right/${sample.name}/${turn}`, sample, ['--quick'], turn > 3)),
    job('2', `right-full/${sample.name}`, sample, []),
  ])
}

/** The race of check-then-put of each language, found and played again. */
function replayJobs(flawed) {
  return LANGUAGES.flatMap(language => {
    const sample = flawed.find(({ name }) => name === `${language}/check-then-put`)
    if (sample === undefined) return []
    const id = `replay/${language}`
    const out = join('.assay', 'prove', id.replaceAll('/', '-'))
    const script = join('scripts', 'prove-replay.mjs')
    return [{ bar: '3', id, target: sample.target, language, script, args: [sample.target, out], expect: NOTHING, isBusy: false }]
  })
}

function costJobs(flawed, right) {
  const growing = flawed.filter(({ expect }) => expect.must.some(id => id.startsWith('s1.cost.')))
  const turns = Array.from({ length: 10 }, (_, index) => index + 1)
  const constant = LANGUAGES.flatMap(language => right.filter(({ name }) => name === `${language}/right`))
  return turns.flatMap(turn => [
    ...growing.map(sample => {
      const only = sample.expect.must.filter(id => id.startsWith('s1.cost.'))
      return job('4', `cost-grows/${sample.name}/${turn}`, sample, ['--only', only.join(',')])
    }),
    ...constant.map(sample => job('4', `cost-constant/${sample.name}/${turn}`, sample, ['--only', 's1.cost'])),
  ])
}

/** Random faults, each schedule drawn from its number. */
function scheduleJobs() {
  return Array.from({ length: SCHEDULES }, (_, index) => ({
    bar: 'kv',
    id: `kv/schedule/${index + 1}`,
    target: KV_REFERENCE,
    script: join('scripts', 'kv-schedule.mjs'),
    args: [KV_REFERENCE, String(index + 1)],
    expect: NOTHING,
    isBusy: false,
  }))
}

/** Stores: each flawed one by its checks three times and in full once, each right one and the reference in full five times. */
function storeJobs(root, samples) {
  const flawed = samples.filter(({ expect }) => expect.must.length > 0)
  const right = samples.filter(({ expect }) => expect.must.length === 0)
  const { expect } = parse(readFileSync(join(root, KV_REFERENCE, 'candidate.yaml'), 'utf8'))
  const reference = { name: 'reference/kv', target: KV_REFERENCE, language: 'typescript', expect }
  return [
    ...[1, 2, 3].flatMap(turn =>
      flawed.map(sample => job('kv', `kv/flawed/${sample.name}/${turn}`, sample, ['--only', sample.expect.must.join(',')])),
    ),
    ...flawed.map(sample => job('kv', `kv/flawed-full/${sample.name}`, sample, [])),
    ...[1, 2, 3, 4, 5].flatMap(turn => [reference, ...right].map(sample => job('kv', `kv/right/${sample.name}/${turn}`, sample, []))),
  ]
}

/** etcd and Redis behind the contract, in full three times. */
function peerJobs(root) {
  return PEERS.flatMap(({ peer, needs }) => {
    const target = join('candidates', 'peers', peer)
    const { expect } = parse(readFileSync(join(root, target, 'candidate.yaml'), 'utf8'))
    return [1, 2, 3].map(turn => ({ ...job('kv', `kv/peers/${peer}/${turn}`, { target, expect, language: 'javascript' }, []), needs }))
  })
}

function job(bar, id, { target, expect, language }, args, isBusy = false) {
  return { bar, id, target, language, args, expect, isBusy }
}

function listSamples(root, samples) {
  return readdirSync(join(root, samples)).flatMap(folder =>
    readdirSync(join(root, samples, folder))
      .filter(name => existsSync(join(root, samples, folder, name, 'candidate.yaml')))
      .sort()
      .map(name => {
        const target = join(samples, folder, name)
        const { expect = NOTHING } = parse(readFileSync(join(root, target, 'candidate.yaml'), 'utf8'))
        return { name: `${folder}/${name}`, target, language: folder.replace('python-asyncio', 'python'), expect }
      }),
  )
}

function referenceOf(target) {
  const door = target.endsWith('tcp.yaml') ? 'tcp' : 'ws'
  return { name: `reference/${door}`, target, language: 'typescript', expect: NOTHING }
}
