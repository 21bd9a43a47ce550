import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { checksNamed } from '../harness/judge/check-ids.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const guides = [
  {
    name: 'guide.md',
    exercise: 'chat',
    samples: 30,
    rows: 25,
    headings: ['Before', 'Stage 1', 'Stage 2', 'Stage 3', 'Follow-ups', 'Grading'],
  },
  {
    name: 'guide-kv.md',
    exercise: 'kv',
    samples: 18,
    rows: 17,
    headings: ['Before', 'Stage 1', 'Stage 2', 'Stage 5', 'Stage 6', 'Grading'],
  },
] as const
const guideOf = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8')

test.each(guides)('every sample that $name names is there', ({ name, samples: least }) => {
  const guide = guideOf(name)
  const samples = [...guide.matchAll(/`(candidates\/samples\/[^`]+)`/g)].map(([, path = '']) => path)
  expect(samples.length).toBeGreaterThan(least)
  expect(samples.filter(path => !existsSync(join(root, path, 'candidate.yaml')))).toEqual([])
})

test.each(guides)('the check that $name gives for a wrong turn is one that its sample must fail', ({ name, exercise, rows: least }) => {
  const guide = guideOf(name)
  const rows = [...guide.matchAll(/^\| [^|]+ \| ([^|]*candidates\/samples[^|]+) \| ([^|]+) \|$/gm)]
  expect(rows.length).toBeGreaterThan(least)
  const wrong = rows.flatMap(([, paths = '', checks = '']) => {
    const named: string[] = [...checks.matchAll(/`([^`]+)`/g)].flatMap(([, pattern = '']) => checksNamed(pattern, exercise))
    return [...paths.matchAll(/`([^`]+)`/g)].flatMap(([, path = '']) => {
      const manifest = parse(readFileSync(join(root, path, 'candidate.yaml'), 'utf8')) as { expect: { must: string[] } }
      return manifest.expect.must.some(id => named.includes(id)) ? [] : [`${path} must fail ${manifest.expect.must.join(', ')}`]
    })
  })
  expect(wrong).toEqual([])
})

test.each(guides)('each stage of $name has a part of its own that can be printed alone', ({ name, headings: wanted }) => {
  const guide = guideOf(name)
  const headings = [...guide.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
  for (const heading of wanted) expect(headings).toContain(heading)
})
