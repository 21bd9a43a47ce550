import { expect, test } from 'vitest'
import { MisuseError } from './fault.ts'
import { parseManifest } from './manifest.ts'

const WHOLE = 'name: ada\nexercise: chat\nlanguage: go\ntransport: tcp\nrun: ./server\n'

function complaint(text: string, ...bases: readonly string[]): string {
  const sources = bases.map((base, index) => ({ text: base, file: index === 0 ? 'base.yaml' : `base${index + 1}.yaml` }))
  try {
    parseManifest({ text, file: 'candidate.yaml' }, sources)
  } catch (error) {
    expect(error).toBeInstanceOf(MisuseError)
    return String(error)
  }
  throw new Error('Expected a complaint, got none.')
}

test('a manifest with the required fields gets the defaults for the others', () => {
  const manifest = parseManifest({
    text: 'name: ada\nlanguage: go\ntransport: tcp\nrun: ./server\nenv: { THREADS: 4 }\n',
    file: 'candidate.yaml',
  })
  expect(manifest).toEqual({
    name: 'ada',
    exercise: 'chat',
    language: 'go',
    transport: 'tcp',
    run: './server',
    env: { THREADS: '4' },
    readyTimeout: 10,
    sla: { p99Ms: 1000 },
  })
})

test('a misspelt field is named with its line and its nearest neighbour', () => {
  expect(complaint(`${WHOLE}readyTimout: 5\n`)).toContain('candidate.yaml:6: Expected `readyTimout` to be a field that Assay knows')
  expect(complaint(`${WHOLE}readyTimout: 5\n`)).toContain('Did you mean `readyTimeout`?')
})

test('a misspelt field inside another one is named with its line', () => {
  expect(complaint(`${WHOLE}sla:\n  p99ms: 5\n`)).toMatch(/candidate\.yaml:7: .*`sla\.p99ms`.*Did you mean `p99Ms`\?/)
})

test('a wrong choice is answered by the choices and the nearest one', () => {
  expect(complaint(`${WHOLE}usernames: replaces\n`)).toMatch(
    /:6: Expected `usernames` to be one of replace, refuse, allow, got "replaces"\. Did you mean `replace`\?/,
  )
})

test('a missing field is said to be missing, and where it is to be added', () => {
  expect(complaint('name: ada\nlanguage: go\ntransport: tcp\n')).toContain(
    'Expected `run` to be a text, got nothing. Add `run:` to candidate.yaml.',
  )
})

test('every mistake is told at once', () => {
  expect(complaint('nam: ada\nlanguage: go\ntransport: udp\n').split('\n')).toHaveLength(4)
})

test('a time of zero or below, or of a whole hour, is refused', () => {
  expect(complaint(`${WHOLE}readyTimeout: 0\n`)).toContain('to be more than 0, got 0')
  expect(complaint(`${WHOLE}readyTimeout: 3600\n`)).toContain('to be at most 600, got 3600')
})

test('a transport that does not fit the exercise is refused', () => {
  expect(complaint(WHOLE.replace('chat', 'kv'))).toContain(':4: Expected `transport` to be http for exercise kv, got tcp')
})

test('a syntax error names its line', () => {
  expect(complaint('name: [ada\nrun: x\n')).toMatch(/candidate\.yaml:\d: Expected YAML, got a syntax error/)
})

test('a file that is empty or a list is told what is expected', () => {
  expect(complaint('')).toContain('got an empty file')
  expect(complaint('- name: ada\n')).toContain('got a list')
})

test("fields of the base hold unless the candidate's own say otherwise", () => {
  const own = { text: 'name: variant\nbase: ../starter\nexpect: { must: [s1.fanout], may: [] }\n', file: 'candidate.yaml' }
  const manifest = parseManifest(own, [{ text: `${WHOLE}build: go build\n`, file: 'base.yaml' }])
  expect(manifest).toMatchObject({ name: 'variant', run: './server', build: 'go build', expect: { must: ['s1.fanout'], may: [] } })
})

test("a mistake in the base is told with the base's file and line", () => {
  expect(complaint('name: variant\nbase: ../starter\n', WHOLE.replace('tcp', 'udp'))).toContain('base.yaml:4: Expected `transport`')
})

test('of several bases the nearest holds', () => {
  const own = { text: 'name: flawed\nbase: ../right\n', file: 'candidate.yaml' }
  const right = { text: 'name: right\nbase: ../starter\nbuild: make right\nreadyTimeout: 5\n', file: 'right.yaml' }
  const starter = { text: `${WHOLE}build: make\nreadyTimeout: 3\nenv: { THREADS: 4 }\n`, file: 'starter.yaml' }
  const manifest = parseManifest({ ...own, text: `${own.text}readyTimeout: 7\n` }, [right, starter])
  expect(manifest).toMatchObject({ run: './server', build: 'make right', readyTimeout: 7, base: '../right', env: { THREADS: '4' } })
})

test('what is said of the base alone does not hold for what is laid over it', () => {
  const base = { text: `${WHOLE}about: Right.\nusernames: replace\nexpect: { must: [], may: [s1.fanout] }\n`, file: 'base.yaml' }
  const manifest = parseManifest({ text: 'name: flawed\nbase: ../right\n', file: 'candidate.yaml' }, [base])
  expect(manifest).toMatchObject({ name: 'flawed', run: './server' })
  for (const field of ['about', 'usernames', 'expect']) expect(manifest).not.toHaveProperty(field)
  expect(complaint('base: ../right\n', base.text)).toContain('Expected `name` to be a text, got nothing. Add `name:` to candidate.yaml.')
})

test('a mistake in the lowest of several bases is told with its file and line', () => {
  const said = complaint('name: flawed\nbase: ../right\n', 'name: right\nbase: ../starter\n', WHOLE.replace('run:', 'ruin:'))
  expect(said).toContain('base2.yaml:5: Expected `ruin` to be a field that Assay knows')
})
