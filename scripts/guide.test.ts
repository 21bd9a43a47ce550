import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { checksNamed } from '../harness/judge/check-ids.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const guide = readFileSync(join(root, 'docs', 'guide.md'), 'utf8')

test('every sample that the guide names is there', () => {
  const samples = [...guide.matchAll(/`(candidates\/samples\/[^`]+)`/g)].map(([, path = '']) => path)
  expect(samples.length).toBeGreaterThan(30)
  expect(samples.filter(path => !existsSync(join(root, path, 'candidate.yaml')))).toEqual([])
})

test('the check that the guide gives for a wrong turn is one that its sample must fail', () => {
  const rows = [...guide.matchAll(/^\| [^|]+ \| ([^|]*candidates\/samples[^|]+) \| ([^|]+) \|$/gm)]
  expect(rows.length).toBeGreaterThan(25)
  const wrong = rows.flatMap(([, paths = '', checks = '']) => {
    const named: string[] = [...checks.matchAll(/`([^`]+)`/g)].flatMap(([, pattern = '']) => checksNamed(pattern))
    return [...paths.matchAll(/`([^`]+)`/g)].flatMap(([, path = '']) => {
      const manifest = parse(readFileSync(join(root, path, 'candidate.yaml'), 'utf8')) as { expect: { must: string[] } }
      return manifest.expect.must.some(id => named.includes(id)) ? [] : [`${path} must fail ${manifest.expect.must.join(', ')}`]
    })
  })
  expect(wrong).toEqual([])
})

test('each stage has a part of its own that can be printed alone', () => {
  const headings = [...guide.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
  for (const heading of ['Before', 'Stage 1', 'Stage 2', 'Stage 3', 'Follow-ups', 'Grading']) expect(headings).toContain(heading)
})
