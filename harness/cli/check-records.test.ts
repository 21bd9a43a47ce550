import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resultsOf } from './check-records.ts'

let desk: string
beforeAll(() => {
  desk = mkdtempSync(join(tmpdir(), 'assay-records-'))
})
afterAll(() => rmSync(desk, { recursive: true, force: true }))

test('what is kept of a folder is all that names it, whatever kind of result it is, and nothing else', () => {
  const ann = join(desk, 'ann')
  const bob = join(desk, 'bob')
  mkdirSync(ann)
  write('check', 'check.json', { target: ann })
  write('run', 'run.json', { candidate: candidateAt(join(ann, 'candidate.yaml')) })
  write('capacity', 'capacity.json', { target: ann })
  write('compared', 'comparison.json', { kind: 'assay-comparison', targets: [bob, ann] })
  write('capacity-of-bob', 'capacity.json', { target: bob })
  write('broken', 'capacity.json', 'half a rec')
  expect(resultsOf(ann, join(desk, 'out')).map(path => basename(path))).toEqual(['capacity', 'check', 'compared', 'run'])
})

function candidateAt(target: string) {
  const told = { name: '', language: '', url: '', output: '', exit: '' }
  return { ...told, transport: 'ws', startedByAssay: true, networkRttMs: null, target }
}

function write(folder: string, file: string, value: unknown): void {
  mkdirSync(join(desk, 'out', folder), { recursive: true })
  writeFileSync(join(desk, 'out', folder, file), typeof value === 'string' ? value : JSON.stringify(value))
}
