import { expect, test } from 'vitest'
import { emptyRun, failingRun, passingRun } from './fixture/run-fixture.ts'
import { renderRunText } from './run-text.ts'
import { columnsOf } from './text/terminal-style.ts'

test('the text of a failed run reads as it was found good', () => {
  expect(renderRunText(failingRun(), { colour: false, width: 80 })).toMatchInlineSnapshot(`
    "✕ FAIL
    check-then-put (Java) under default
    p99 to the last recipient 1,000.2 ms, SLA 1,000 ms

    • 3 deliveries were lost: user-0017 never read message 12 of user-0003 in
      channel c-041, and 2 more.
    • p99 completion was 1000.2 ms; the SLA allows 1000 ms.
    • 1 delivery was read twice and 1 by a user who had not joined the channel.

    latency, ms   p50   p90      p99  p99.9    max  samples
    completion   35.3  72.7  1,000.2  1,768  1,995    1,200
    delivery     22.5  46.6      523    996  1,681   12,000

    users        1,000 of 1,000 joined · 100 channels
    deliveries   60,000 read, 60,003 required at least · from 1,200 messages
    faults       3 lost · 1 duplicated · 1 stray · 0 corrupted · 0 garbled
                 0 dropped · 1 stall (longest 1,904 ms)
    slow readers 10 throttled: 0 evicted, p99 2,104 ms · 10 stopped: 10 evicted
    server       CPU 11.1 s, at most 62 % of a core · memory 141 MiB
                 1,042 descriptors · 11 threads
    generator    kept its schedule · 41 % of a core
                 due to sent p99 0.61 ms, max 3.20 ms · reads late p99 1.10 ms
    again        npx assay run default --target reference/chat --seed 42
    "
  `)
})

test('a generator whose CPU nobody tells is not called idle', () => {
  const run = failingRun()
  const unknown = { ...run, summary: { ...run.summary, generator: { ...run.summary.generator, cpu: null } } }
  expect(renderRunText(unknown, { colour: false, width: 80 })).toContain('kept its schedule · CPU not measured\n')
})

test.each([60, 80, 100])('no line is wider than %d columns', width => {
  for (const run of [passingRun(), failingRun(), emptyRun()]) {
    const lines = renderRunText(run, { colour: false, width }).split('\n')
    expect(lines.filter(line => columnsOf(line) > width)).toEqual([])
  }
})

test('how a server ended stands there in its own sentence', () => {
  expect(renderRunText(emptyRun(), { colour: false, width: 80 })).toContain('not measured · The server exited with code 1 by itself.\n')
})

test('how far away a server on another machine is stands there, measured or not', () => {
  const run = passingRun()
  const far = { ...run, candidate: { ...run.candidate, startedByAssay: false, networkRttMs: 12.34 } }
  const unmeasured = { ...far, summary: { ...far.summary, server: null }, serverSamples: [] }
  expect(renderRunText(far, { colour: false, width: 100 })).toContain('network round trip 12.3 ms')
  expect(renderRunText(unmeasured, { colour: false, width: 80 })).toContain('not measured · network round trip 12.3 ms\n')
  expect(renderRunText(run, { colour: false, width: 80 })).not.toContain('round trip')
})

test('colour comes only where it was asked for, and changes no character', () => {
  const plain = renderRunText(failingRun(), { colour: false, width: 80 })
  const coloured = renderRunText(failingRun(), { colour: true, width: 80 })
  expect(plain).not.toContain('\u001b')
  // oxlint-disable-next-line no-control-regex -- the escapes that colour is made of
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain)
  expect(coloured).not.toBe(plain)
})

test('a candidate’s name cannot steer the terminal', () => {
  const run = failingRun()
  const hostile = {
    ...run,
    candidate: { ...run.candidate, name: '\u001b]0;owned\u0007\u001b[2Jnice', exit: '\u001b[31mexit' },
    statusText: '\u009b2J',
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
  expect(renderRunText(hostile, { colour: false, width: 80 })).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
})

test('why a run did not come to its end is said once', () => {
  const statusText = 'Interrupted before the end.'
  const run = passingRun()
  const broken = {
    ...run,
    status: 'interrupted' as const,
    statusText,
    summary: { ...run.summary, reasons: [`inconclusive. ${statusText}`] },
  }
  const text = renderRunText(broken, { colour: false, width: 100 })
  expect(text).toContain('! This run was interrupted.\n')
  expect(text.split(statusText)).toHaveLength(2)
  expect(renderRunText({ ...broken, summary: run.summary }, { colour: false, width: 100 })).toContain(
    `! This run was interrupted. ${statusText}`,
  )
})
