// docs/truth.md: what `npm run prove` found, bar by bar. What was not measured says so.
import { cpus } from 'node:os'
import { judgeAnew } from './prove-judge.mjs'
import { LANGUAGES } from './prove-jobs.mjs'

const RACE = 's1.race.first-join'

export function renderTruth(jobs, results) {
  const done = jobs.filter(({ id }) => results[id] !== undefined).map(job => ({ ...job, result: judgeAnew(job, results[job.id]) }))
  const parts = [
    '# Does Assay say the truth?',
    `Written by \`npm run prove\`: ${done.length} of ${jobs.length} examinations done, on ${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}). \`npm run prove -- --list\` names them; a name, or a part of one, does those alone.`,
    flawedPart(jobs, done),
    rightPart(jobs, done),
    racePart(jobs, done),
    costPart(jobs, done),
    schedulePart(jobs, done),
    storePart(jobs, done),
    timesPart(done),
  ]
  return `${parts.join('\n\n')}\n`
}

function flawedPart(jobs, done) {
  const each = done.filter(({ id }) => id.startsWith('flawed/'))
  const full = done.filter(({ id }) => id.startsWith('flawed-full/'))
  const rows = groups(each).map(([name, turns]) => {
    const found = turns.filter(({ result }) => result.missed.length === 0 && result.isHeld).length
    return [name, turns[0].expect.must.join(', '), `${found} of ${turns.length}`, notesOf(turns)]
  })
  const fullRows = full.map(({ id, result }) => [nameOf(id), result.isHeld ? 'as graded' : 'not as graded', result.note])
  return [
    '## 1. Flawed samples are found',
    `${heldCount(each)} of ${each.length} examinations by the checks of their \`must\` came out as graded (${count(jobs, 'flawed/')} planned); ${heldCount(full)} of ${full.length} in full (${count(jobs, 'flawed-full/')} planned).`,
    table(['sample', 'must fail', 'found', 'notes'], rows),
    table(['examined in full', 'came out', 'notes'], fullRows),
  ].join('\n\n')
}

function rightPart(jobs, done) {
  const own = done.filter(({ bar }) => bar === '2')
  const rows = groups(own).map(([name, turns]) => {
    const checks = turns.flatMap(({ result }) => result.checks)
    return [
      name,
      String(turns.length),
      String(checks.length),
      String(failsOf(turns)),
      String(checks.filter(isUndecided).length),
      notesOf(turns),
    ]
  })
  return [
    '## 2. Right servers pass',
    `${own.length} of ${jobs.filter(({ bar }) => bar === '2').length} examinations done: ${failsOf(own)} checks failed that must not. Inconclusive: ${share(own.filter(({ isBusy }) => !isBusy))} idle, ${share(own.filter(({ isBusy }) => isBusy))} with one core kept busy.`,
    table(['server', 'examinations', 'checks', 'failed', 'inconclusive', 'notes'], rows),
  ].join('\n\n')
}

function racePart(jobs, done) {
  const rows = LANGUAGES.map(language => {
    const turns = done.filter(({ id, language: own, expect }) => own === language && id.startsWith('flawed/') && expect.must.includes(RACE))
    const hunts = turns.flatMap(({ result }) => result.checks.filter(({ id, power }) => id === RACE && power !== null))
    const caught = hunts.filter(({ outcome }) => outcome === 'fail')
    const of = pick => caught.map(({ power }) => pick(power)).join(', ') || '–'
    return [
      language,
      `${caught.length} of ${turns.length}`,
      of(power => `${power.failedBatches} of ${power.batches}`),
      of(power => `${power.failedRounds} of ${power.rounds}`),
      of(power => (power.firstFailureSeconds === null ? '–' : power.firstFailureSeconds.toFixed(1))),
    ]
  })
  return [
    '## 3. The race of check-then-put',
    'A batch is what one burst releases, a round one channel in it. One figure an examination.',
    table(['language', 'found', 'batches that failed', 'rounds that failed', 'seconds to the first failure'], rows),
    replayTable(jobs, done),
  ].join('\n\n')
}

/** What one examination found, played again by `assay replay` as small as it gets. */
function replayTable(jobs, done) {
  const own = done.filter(({ id }) => id.startsWith('replay/'))
  const sizeOf = size => (size === undefined ? '–' : `${size.connections} / ${size.channels} / ${size.requests}`)
  const rows = own.map(({ language, result }) => {
    const { hits, tries, withinSeconds, given, smallest, seconds } = result.figures
    return [
      language,
      tries === undefined ? '–' : `${hits} of ${tries}`,
      withinSeconds === undefined || withinSeconds === null ? '–' : withinSeconds.toFixed(1),
      sizeOf(given),
      sizeOf(smallest),
      seconds === undefined ? '–' : seconds.toFixed(0),
      result.note,
    ]
  })
  const what = 'Then the batch that failed is replayed with all left out that can go; sizes are connections / channels / requests.'
  return [
    `${what} ${heldCount(own)} of ${own.length} showed again (${count(jobs, 'replay/')} planned).`,
    table(['language', 'tries that showed it', 'slowest hit, seconds', 'as found', 'smallest', 'seconds in all', 'notes'], rows),
  ].join('\n\n')
}

function costPart(jobs, done) {
  const own = done.filter(({ bar }) => bar === '4')
  const rows = groups(own).map(([name, turns]) => [
    name,
    turns[0].id.startsWith('cost-grows/') ? 'grows' : 'constant',
    `${heldCount(turns)} of ${turns.length}`,
    notesOf(turns),
  ])
  return [
    '## 4. Costs that grow are told from constant ones',
    `${heldCount(own)} of ${own.length} right (${jobs.filter(({ bar }) => bar === '4').length} planned).`,
    table(['server', 'its cost', 'told right', 'notes'], rows),
  ].join('\n\n')
}

function schedulePart(jobs, done) {
  const own = done.filter(({ id }) => id.startsWith('kv/schedule/'))
  const sum = name => own.reduce((total, { result }) => total + (result.figures?.[name] ?? 0), 0)
  const rows = own.filter(({ result }) => !result.isHeld).map(({ id, result }) => [id, result.note])
  return [
    '## 5. Random faults on the key-value reference',
    `${heldCount(own)} of ${own.length} schedules of 15 s without an acknowledged write lost, a deleted key back, or nodes that disagree at the end (${count(jobs, 'kv/schedule/')} planned); ${sum('faults')} faults and ${sum('acknowledgedWrites')} acknowledged writes in all.`,
    rows.length === 0 ? '' : table(['schedule', 'what was found'], rows),
  ]
    .filter(Boolean)
    .join('\n\n')
}

function storePart(jobs, done) {
  const flawed = done.filter(({ id }) => id.startsWith('kv/flawed/'))
  const full = done.filter(({ id }) => id.startsWith('kv/flawed-full/'))
  const right = done.filter(({ id }) => id.startsWith('kv/right/'))
  const peers = done.filter(({ id }) => id.startsWith('kv/peers/'))
  const all = [...right, ...peers, ...flawed, ...full]
  const nameOfStore = ({ id }) => (id.startsWith('kv/peers/') ? nameOf(id) : id.split('/').slice(2, 4).join('/'))
  const rows = [...new Set(all.map(nameOfStore))].map(name => {
    const turns = all.filter(job => nameOfStore(job) === name)
    const { must } = turns[0].expect
    const checks = turns.flatMap(({ result }) => result.checks)
    return [
      name,
      must.join(', ') || 'passes',
      `${heldCount(turns)} of ${turns.length}`,
      String(checks.filter(isUndecided).length),
      notesOf(turns),
    ]
  })
  return [
    '## 6. Key-value stores',
    `${heldCount(flawed)} of ${flawed.length} examinations of flawed stores by the checks of their \`must\` came out as graded (${count(jobs, 'kv/flawed/')} planned), ${heldCount(full)} of ${full.length} in full (${count(jobs, 'kv/flawed-full/')} planned), and ${heldCount(right)} of ${right.length} of right ones in full (${count(jobs, 'kv/right/')} planned). Real stores (etcd, and Redis, which must not be linearizable): ${heldCount(peers)} of ${peers.length} in full (${count(jobs, 'kv/peers/')} planned).`,
    table(['store', 'must fail', 'as graded', 'inconclusive', 'notes'], rows),
  ].join('\n\n')
}

function timesPart(done) {
  const rows = LANGUAGES.map(language => {
    const of = prefix =>
      median(done.filter(({ id, language: own }) => own === language && id.startsWith(prefix)).map(({ result }) => result.seconds))
    return [language, of('right/'), of('right-full/')]
  })
  return [
    '## Times',
    'Of right servers, in seconds, median, with build and start.',
    table(['language', '`--quick`', 'in full'], rows),
  ].join('\n\n')
}

/** By candidate, in the order of the jobs. */
function groups(done) {
  const names = [...new Set(done.map(({ id }) => nameOf(id)))]
  return names.map(name => [name, done.filter(({ id }) => nameOf(id) === name)])
}

function nameOf(id) {
  return id.split('/').slice(1, 3).join('/')
}

function heldCount(done) {
  return done.filter(({ result }) => result.isHeld).length
}

function failsOf(done) {
  return done.reduce((sum, { result }) => sum + result.unexpected.length, 0)
}

function isUndecided({ outcome }) {
  return outcome === 'inconclusive'
}

function share(done) {
  const checks = done.flatMap(({ result }) => result.checks)
  if (checks.length === 0) return 'not measured'
  const undecided = checks.filter(isUndecided).length
  return `${undecided} of ${checks.length} checks (${((undecided / checks.length) * 100).toFixed(1)} %)`
}

function notesOf(done) {
  return [...new Set(done.map(({ result }) => result.note))].filter(Boolean).join('; ')
}

function count(jobs, prefix) {
  return jobs.filter(({ id }) => id.startsWith(prefix)).length
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted.length === 0 ? 'not measured' : sorted[Math.floor((sorted.length - 1) / 2)].toFixed(0)
}

function table(head, rows) {
  if (rows.length === 0) return 'Not measured yet.'
  const line = cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
