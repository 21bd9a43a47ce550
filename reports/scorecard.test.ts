import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkRecord, checkResult, lostJoin } from '../harness/judge/check-record-fixture.ts'
import { CHECK_IDS } from '../harness/judge/check-ids.ts'
import type { Interview } from '../harness/judge/interview.ts'
import { parseRubric } from '../harness/judge/rubric.ts'
import { checkRecordSchema, type CheckRecord } from '../harness/record/check-record.ts'
import { renderCheckJUnit } from './check-junit.ts'
import { pageAssets } from './page/page.ts'
import { renderScorecardComparison, renderScorecardComparisonText } from './scorecard-comparison.ts'
import { renderScorecardText } from './scorecard-text.ts'
import { renderScorecard } from './scorecard.ts'
import { questionFor } from './scorecard/questions.ts'
import type { ScorecardOptions } from './scorecard/scorecard-options.ts'

const HOSTILE = '</pre></script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> \u001b[31m\u2028\u0000 "\' &'
const rubric = parseRubric(readFileSync(new URL('../docs/rubric.yaml', import.meta.url), 'utf8'), 'docs/rubric.yaml')
const interview: Interview = {
  ticks: { sla: true, 'why-it-holds': true },
  hints: [{ stage: '1', level: 2, text: 'Look at these two lines.' }],
  notes: [{ stage: '2', text: 'Saw the queue alone.' }],
  stages: [{ stage: '1', minutes: 25 }],
  grade: '3',
}
const options: ScorecardOptions = {
  rubric,
  interview,
  audience: 'interviewer',
  anonymous: false,
  calibration: 'flawed found 8 of 8, right failed 0 of 3',
  aiUse: 'I asked one about locks.',
  aiUseStarter: 'Which tool, if any:',
  starterDiff: [
    {
      path: 'src/ChatServer.java',
      before: 'class ChatServer {\n    void handleJoinChannels(C conn) {\n        // TODO\n    }\n}\n',
      after:
        'class ChatServer {\n    void handleJoinChannels(C conn) {\n        channels.put(name, set);\n    }\n    void other() {\n        unrelated();\n    }\n}\n',
    },
  ],
  sourcePrompts: [
    { path: 'src/ChatServer.java', line: 3, pattern: 'check-then-put', excerpt: 'channels.put(name, set)', prompt: 'Is the pair atomic?' },
  ],
}

test('the scorecard of a lost join is the one that was looked at and found good', async () => {
  await expect(withoutAssets(renderScorecard(raced(), options))).toMatchFileSnapshot('fixture/scorecard.golden.txt')
})

test('a loss in another check is put down to the race of joins first, where that failed too', () => {
  const hint = 'failed too: a member lost in that race is missing here as well'
  const [race] = raced().checks.filter(({ id }) => id === 's1.race.first-join')
  const left = checkResult('s1.disconnect', 'fail', { evidence: race?.evidence ?? [] })
  const page = renderScorecard({ ...raced(), checks: [...raced().checks, left] }, options)
  expect(page.split(hint).length - 1).toBe(1)
  expect(renderScorecard({ ...raced(), checks: [left] }, options)).not.toContain(hint)
})

test('a failed check shows what the server printed meanwhile, from its first error on, as text', () => {
  const printed = `listening\njoined\njava.util.ConcurrentModificationException ${HOSTILE}\n\tat Chat.send(Chat.java:31)\n`
  const failed = { ...checkResult('s1.fanout', 'fail'), printed }
  const page = renderScorecard({ ...raced(), checks: [failed] }, options)
  const shown = /from its first error on<\/summary>(.*?)<\/details>/s.exec(page)?.[1]
  expect(shown).toContain('ConcurrentModificationException')
  expect(shown).toContain('Chat.java:31')
  expect(shown).not.toMatch(/listening|<script>|<img/)
  expect(shown).not.toContain('\u001b')
  expect(renderScorecard({ ...raced(), checks: [{ ...failed, printed: 'listening' }] }, options)).toContain('printed meanwhile</summary>')
  expect(renderScorecard({ ...raced(), checks: [checkResult('s1.fanout', 'fail')] }, options)).not.toContain('printed meanwhile')
})

test('what a race check offered is said once', () => {
  const statement = 'This server failed in 0 of 480 rounds, in 0 of 40 batches.'
  const tally = { rounds: 480, batches: 40, failedRounds: 0, failedBatches: 0, firstFailureSeconds: null }
  for (const reason of [statement, `The policy held. ${statement}`, 'All of it held.']) {
    const passed = checkResult('s1.race.churn', 'pass', { reason, power: { statement, ...tally, control: null } })
    const page = renderScorecard({ ...checkRecord(), checks: [passed] }, options)
    expect(page.split(statement)).toHaveLength(2)
  }
})

test('an examination by some checks alone is not called a full one', () => {
  const checks = [checkResult('s1.fanout', 'pass'), checkResult('s1.body', 'not attempted', { reason: 'Not asked for (--only).' })]
  const page = renderScorecard({ ...raced(), checks }, options)
  expect(page).toContain('1 of 2 checks')
  expect(page).not.toContain('full examination')
})

test('a distinction that was missed is no reason for a verdict, and is told beside it', () => {
  const missed = { ...checkResult('k6.linearizable', 'fail', { reason: 'A read came too late.' }), distinction: true as const }
  const record: CheckRecord = { ...raced(), exercise: 'kv', checks: [checkResult('k1.basics', 'pass'), missed] }
  const page = renderScorecard(record, options)
  expect(page).toContain('1 check passed; none that is required failed.')
  expect(page).toContain('k6.linearizable (a distinction, not required): A read came too late.')
  const failed = renderScorecard({ ...record, checks: [checkResult('k1.basics', 'fail', { reason: 'Lost.' }), missed] }, options)
  expect(failed).toContain('<li>k1.basics: Lost.</li>')
  expect(failed).not.toContain('<li>k6.linearizable: ')
})

test('the terminal gets outcome, evidence, grades and conditions', async () => {
  const text = renderScorecardText(raced(), { ...options, colour: false, width: 80 })
  await expect(text).toMatchFileSnapshot('fixture/scorecard-text.golden.txt')
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
})

test('what failed and the grade come before the picture, and the picture before the code and the answer', () => {
  const page = renderScorecard(raced(), options)
  const body = page.slice(page.indexOf('<body>'))
  const places = [
    'ada had been told',
    'below 3',
    'bad-ring',
    'channels.put(name, set);',
    'Check-then-put',
    '<details class="question">',
    'id="grade"',
  ]
  const found = places.map(place => body.indexOf(place))
  expect(found.every(place => place > 0)).toBe(true)
  expect(found).toEqual([...found].sort((a, b) => a - b))
})

test('the code beside a failure is that of the handler concerned', () => {
  const page = renderScorecard(raced(), options)
  const article = page.slice(page.indexOf('<article'), page.indexOf('</article>'))
  expect(article).toContain('channels.put(name, set);')
  expect(article).not.toContain('unrelated();')
})

test('the candidate’s copy holds no question, answer, cause, prompt, note or hint', () => {
  const page = renderScorecard(raced(), { ...options, audience: 'candidate' })
  for (const kept of ['ada had been told', 'channels.put(name, set);', 'I asked one about locks.']) expect(page).toContain(kept)
  const question = questionFor('s1.race.first-join')
  for (const left of [
    question?.question,
    ...(question?.goodAnswer ?? []),
    'Check-then-put',
    'Is the pair atomic?',
    'Look at these two lines',
    'Saw the queue alone',
    'why-it-holds',
  ])
    expect(withoutAssets(page)).not.toContain(left)
})

test('without a name there is no name, target or output anywhere on page or terminal', () => {
  const named = replaced(raced(), (key, value) =>
    key === 'reason' || key === 'text' ? `${String(value)} jane-doe ./hand-ins/jane-doe` : value,
  ) as CheckRecord
  const anonymous = { ...options, anonymous: true }
  for (const text of [renderScorecard(named, anonymous), renderScorecardText(named, { ...anonymous, colour: false, width: 80 })]) {
    expect(text).not.toContain('jane-doe')
    expect(text).not.toContain('hand-ins')
    expect(text).not.toContain('listening')
  }
})

test('nothing in a record, a hand-in, an interview or a prompt becomes markup or a terminal escape', () => {
  const keep = new Set(['kind', 'exercise', 'status', 'outcome', 'stage', 'transport', 'startedAt', 'endedAt', 'usernames'])
  const poisoned = (value: unknown): unknown =>
    replaced(value, (key, inner) => (typeof inner === 'string' && !keep.has(key) ? `${HOSTILE}${inner}` : inner))
  const record = poisoned(raced()) as CheckRecord
  const poisonedOptions: ScorecardOptions = {
    ...options,
    interview: poisoned(interview) as Interview,
    starterDiff: poisoned(options.starterDiff) as ScorecardOptions['starterDiff'],
    sourcePrompts: poisoned(options.sourcePrompts) as ScorecardOptions['sourcePrompts'],
    aiUse: HOSTILE,
    calibration: HOSTILE,
  }
  const pages = [
    renderScorecard(record, poisonedOptions),
    renderScorecardComparison([{ record }, { record }], { rubric, anonymous: false }),
  ]
  for (const page of pages.map(withoutAssets)) {
    for (const forbidden of ['<script', '<img', '\u001b', '\u0000']) expect(page).not.toContain(forbidden)
    expect(page.split('</pre>').length).toBe(page.split('<pre').length)
  }
  expect(renderScorecardText(record, { ...poisonedOptions, colour: false, width: 80 })).not.toContain('\u001b')
  for (const forbidden of ['<script', '\u001b', '\u0000']) expect(renderCheckJUnit([record])).not.toContain(forbidden)
})

test('a page stays below 8 MB, and is made quickly, whatever was handed in, printed and found', () => {
  const long = '"&<\u0000'.repeat(500)
  const [piece] = lostJoin().evidence
  if (piece === undefined) throw new Error('Expected the fixture to hold evidence, got none.')
  const flood = {
    ...piece,
    text: long,
    events: Array.from({ length: 12 }, () => ({ lane: long, atMs: 1, kind: 'read' as const, text: long })),
  }
  const checks = CHECK_IDS.map(id => checkResult(id, 'fail', { reason: long, evidence: Array.from({ length: 10 }, () => flood) }))
  const starterDiff = Array.from({ length: 200 }, (_, index) => ({ path: `${index}${long}`, before: null, after: `${long}\n`.repeat(500) }))
  const page = renderScorecard({ ...checkRecord(), checks, output: '"'.repeat(262_144) }, { ...options, starterDiff })
  expect(Buffer.byteLength(page)).toBeLessThan(8_000_000)
}, 30_000)

test('a candidate that could not be built says so, and has no grade', () => {
  const page = renderScorecard(
    { ...checkRecord(), status: 'failed', statusText: 'The build ended with exit code 1.', checks: [] },
    { ...options, interview: null },
  )
  expect(page).toContain('The build ended with exit code 1.')
  expect(page).toContain('Too little was observed for a grade.')
  expect(withoutAssets(page)).not.toMatch(/NaN|undefined|Infinity/)
})

test('the fixture is a record that the schema accepts, and every check of the contract has a question and an answer', () => {
  expect(() => checkRecordSchema.parse(raced())).not.toThrow()
  for (const id of CHECK_IDS) {
    const entry = questionFor(id)
    expect(entry?.goodAnswer.length, id).toBeGreaterThan(0)
    expect(entry?.causes.length, id).toBeGreaterThan(0)
    expect(entry?.question, id).toMatch(/[?.]$/)
  }
})

test('candidates are compared in the order given, line by line, and what makes it unfair is said', () => {
  const worse = { ...raced(), candidate: 'zoe', seed: 43 }
  const candidates = [{ record: worse }, { record: checkRecord(), interview }]
  const page = renderScorecardComparison(candidates, { rubric, anonymous: false })
  expect(page.indexOf('>zoe<')).toBeLessThan(page.indexOf('>jane-doe<'))
  expect(page).toContain('The seeds differ')
  const text = renderScorecardComparisonText(candidates, { rubric, anonymous: true, colour: false, width: 80 })
  expect(text).toMatch(/s1\.race\.first-join +✓ +✕|s1\.race\.first-join +✕ +✓/)
  expect(text).toMatch(/s1\.fanout +✓ +✓/)
  expect(text).toMatch(/A +. \w+ Candidate 1: /)
  expect(text).not.toContain('zoe')
  const oneNameless = candidates.map((candidate, index) => ({ ...candidate, anonymous: index === 0 }))
  const mixed = renderScorecardComparison(oneNameless, { rubric, anonymous: false })
  expect(mixed).toContain('>Candidate 1<')
  expect(mixed).not.toContain('zoe')
  expect(mixed).toContain('>jane-doe<')
  const own = { rubric, anonymous: false, audience: 'candidate' as const }
  expect(renderScorecardComparisonText(candidates, { ...own, colour: false, width: 80 })).not.toMatch(/grade/)
  expect(renderScorecardComparison(candidates, own)).not.toMatch(/Suggested|rubric/)
})

test('JUnit has a case a check, and one for a candidate that never started', () => {
  const xml = renderCheckJUnit([
    { ...checkRecord({ 's1.body': 'fail', 's1.latency': 'inconclusive', 's3.mesh': 'not attempted' }) },
    { ...checkRecord(), status: 'failed', statusText: 'Nothing listened.', checks: [] },
  ])
  expect(xml).toContain(`tests="${CHECK_IDS.length}" failures="1" errors="1" skipped="1"`)
  expect(xml).toContain('<failure message="s1.body ended as fail."/>')
  expect(xml).toContain('<failure message="Nothing listened."/>')
})

/** A record in which two first joins raced and one was lost. */
function raced(): CheckRecord {
  const record = checkRecord()
  return { ...record, checks: record.checks.map(check => (check.id === 's1.race.first-join' ? lostJoin() : check)) }
}

function withoutAssets(page: string): string {
  return page.replace(pageAssets.style, () => 'style').replaceAll(/sha256-[\w+/=]+/g, 'sha256-…')
}

function replaced(value: unknown, replace: (key: string, value: unknown) => unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map(item => replaced(item, replace, key))
  if (typeof value !== 'object' || value === null) return replace(key, value)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, replaced(part, replace, name)]))
}
