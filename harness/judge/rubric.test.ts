import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CHECKS } from '../examine/check-list.ts'
import { CHECK_IDS, checksNamed, KV_CHECK_IDS } from './check-ids.ts'
import { parseRubric, RubricError } from './rubric.ts'

const shipped = readFileSync(new URL('../../docs/rubric.yaml', import.meta.url), 'utf8')

test('the rubric that is handed out is one, names every check, and keeps a line a line', () => {
  const rubric = parseRubric(shipped, 'docs/rubric.yaml')
  const named = new Set(rubric.lines.flatMap(line => line.checks.flatMap(pattern => checksNamed(pattern))))
  expect(CHECK_IDS.filter(id => !named.has(id))).toEqual([])
  expect(shipped.match(/^ {2}- \{ id: .*\}$/gm)).toHaveLength(rubric.lines.length)
})

test('the rubric of the second exercise names each of its checks', () => {
  const rubric = parseRubric(readFileSync(new URL('../../docs/rubric-kv.yaml', import.meta.url), 'utf8'), 'docs/rubric-kv.yaml')
  const named = new Set(rubric.lines.flatMap(line => line.checks.flatMap(pattern => checksNamed(pattern, 'kv'))))
  expect(KV_CHECK_IDS.filter(id => !named.has(id))).toEqual([])
})

test('every check that is run is one of the contract', () => {
  expect(CHECKS.map(check => check.id).filter(id => checksNamed(id).length === 0)).toEqual([])
})

const good = `version: 1
grades:
  - { level: one, grade: 3, mayMiss: 1, means: It works }
lines:
  - { id: works, stage: 1, level: one, grade: 3, need: must, looksFor: It works, checks: [s1.fanout], met: none fails, decides: assay }
`

test.each([
  [
    'a check that does not exist',
    ['s1.fanout', 's1.fan-out'],
    'r.yaml:5: lines[works].checks[0]: Expected a check id, got `s1.fan-out`. `assay check --list` names them.',
  ],
  [
    'a decider that does not go with how it is met',
    ['decides: assay', 'decides: either'],
    'r.yaml:5: lines[works].decides: Expected `assay`',
  ],
  ['a field that nobody knows', ['need: must', 'nede: must'], 'r.yaml:5: lines[works]'],
  ['a stage that does not exist', ['stage: 1', 'stage: 7'], 'r.yaml:5: lines[works].stage'],
  ['a grade that is not listed', ['level: one, grade: 3, need', 'level: two, grade: 3, need'], 'r.yaml:5: lines[works].grade'],
  ['a grade that builds on none', ['mayMiss: 1,', 'mayMiss: 1, buildsOn: one 2,'], 'r.yaml:3: grades[0].buildsOn'],
  ['hints where none are counted', ['met: none', 'hintsAtMost: 2, met: none'], 'r.yaml:5: lines[works].hintsAtMost'],
  ['checks that are missing', [' checks: [s1.fanout],', ''], 'r.yaml:5: lines[works].checks'],
  ['a line that is there twice', ['lines:', `lines:\n${good.split('\n')[4] ?? ''}`], 'r.yaml:6: lines[works].id'],
  ['broken YAML', ['grades:', 'grades: [}'], 'r.yaml:2: Expected YAML'],
])('a rubric with %s is refused with its line and field', (_, [from, to], message) => {
  const text = good.replace(from ?? '', to ?? '')
  expect(text).not.toBe(good)
  expect(() => parseRubric(text, 'r.yaml')).toThrow(RubricError)
  expect(() => parseRubric(text, 'r.yaml')).toThrow(message)
})
