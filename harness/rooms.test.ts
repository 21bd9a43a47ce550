import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** Which rooms each room may import from, besides itself. ARCHITECTURE.md explains the directions; this table holds them. */
const ALLOWED: Record<string, readonly string[]> = {
  'harness/cli': ['harness/examine', 'harness/load', 'harness/judge', 'harness/candidate', 'harness/scenario', 'harness/record', 'reports'],
  'harness/examine': ['harness/load', 'harness/wire', 'harness/candidate', 'harness/record', 'harness/judge', 'harness/scenario'],
  'harness/bench': ['harness/load', 'harness/judge', 'harness/wire', 'harness/scenario', 'harness/record', 'harness/candidate', 'reports'],
  'harness/load': ['harness/wire', 'harness/scenario', 'harness/record'],
  'harness/judge': ['harness/record'],
  'harness/wire': [],
  'harness/scenario': [],
  'harness/record': [],
  'harness/candidate': [],
  reports: ['harness/record', 'harness/judge'],
  'reference/chat': [],
  'reference/kv': [],
}

const NAMES_THAT_SAY_NOTHING = /(^|\/)(utils?|common|helpers?|lib|index)(\.ts|\/|$)/
/** Rooms that must stay free of sockets, clocks and processes, so that any saved run can be judged and drawn again. */
const PURE_ROOMS = ['harness/judge', 'reports', 'harness/scenario', 'harness/record']
const IMPURE_MODULES = /^node:(net|http|https|child_process|worker_threads|dgram|timers|perf_hooks)/

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const files = ['harness', 'reference', 'reports'].flatMap(folder => sourcesUnder(join(root, folder)))

test('each room imports only from the rooms that the table allows', () => {
  const wrong = files.flatMap(file => importsOf(file).flatMap(target => describeIfForbidden(file, target)))
  expect(wrong).toEqual([])
})

test('rooms that judge and draw touch no socket, clock or process', () => {
  const wrong = files
    .filter(file => PURE_ROOMS.includes(roomOf(file)) && !file.endsWith('.test.ts'))
    .flatMap(file =>
      modulesOf(file)
        .filter(name => IMPURE_MODULES.test(name))
        .map(name => `${file} imports ${name}`),
    )
  expect(wrong).toEqual([])
})

test('what ships imports no fixture of a test', () => {
  const wrong = files
    .filter(file => !isForTests(file))
    .flatMap(file =>
      importsOf(file)
        .filter(isForTests)
        .map(target => `${file} imports ${target}`),
    )
  expect(wrong).toEqual([])
})

test('no file has a name that says nothing', () => {
  expect(files.filter(file => NAMES_THAT_SAY_NOTHING.test(file))).toEqual([])
})

function describeIfForbidden(file: string, target: string): string[] {
  const from = roomOf(file)
  const to = roomOf(target)
  // Tests and their fixtures may reach further: a checker's test plays real runs. What ships may not.
  if (from === to || isForTests(file) || ALLOWED[from]?.includes(to)) return []
  return [`${file} imports ${target}, but ${from} may not import ${to}`]
}

function isForTests(file: string): boolean {
  return /(\.test|-fixture)\.ts$/.test(file) || file.startsWith('reports/fixture/')
}

function roomOf(file: string): string {
  if (file === 'harness/cli.ts') return 'harness/cli'
  if (file.startsWith('reports/')) return 'reports'
  return file.split('/').slice(0, 2).join('/')
}

function importsOf(file: string): string[] {
  return modulesOf(file)
    .filter(name => name.startsWith('.'))
    .map(name => relative(root, resolve(root, dirname(file), name)))
}

function modulesOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8')
  return [...source.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(match => match[1] ?? '')
}

function sourcesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && !name.startsWith('out/'))
    .map(name => relative(root, join(folder, name)))
}
