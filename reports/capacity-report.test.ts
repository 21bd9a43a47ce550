import { describe, expect, test } from 'vitest'
import { capacityRecordSchema, type CapacityRecord, type CapacityStep } from '../harness/record/capacity-record.ts'
import { renderCapacityReport } from './capacity-report.ts'
import { renderCapacityText } from './capacity-text.ts'

const PLAIN = { colour: false, width: 100 }

describe('a capacity search', () => {
  test('is a record that its own schema accepts', () => {
    expect(capacityRecordSchema.safeParse(record({})).success).toBe(true)
  })

  test('says in the terminal what the capacity is, what was too much, and what ran out', () => {
    const text = renderCapacityText(record({}), PLAIN)
    expect(text).toContain('my server handles 1,000 users under lobby; 1,040 were too many.')
    expect(text).toContain('What ran out: server CPU. The server used 99 % of a core.')
  })

  test('lists the steps by load, whatever order they were played in', () => {
    const lines = renderCapacityText(record({ steps: [step(1040, 'fail'), step(500, 'pass'), step(1000, 'pass')] }), PLAIN).split('\n')
    const loads = lines.flatMap(line => /^([\d,]+) {2}/.exec(line)?.[1] ?? [])
    expect(loads).toEqual(['500', '1,000', '1,040'])
  })

  test('says only that the server handles at least so much when the generator could do no more', () => {
    const text = renderCapacityText(record({ exhausted: 'generator', exhaustedText: '' }), PLAIN)
    expect(text).toContain('the server may handle more')
    expect(renderCapacityText(record({ isSettled: false }), PLAIN)).toContain('handles at least 1,000 users')
    expect(renderCapacityText(record({ capacity: null, notMet: 1 }), PLAIN)).toContain('at no load that was tried (not even at 1 users)')
  })

  test('makes a page on which a hostile name stays text', () => {
    const page = renderCapacityReport(record({ candidate: '<img src=x onerror=alert(1)>' }))
    expect(page).not.toContain('<img src=x')
    expect(page).toContain('Latency over load')
    expect(page).toContain('1,040')
  })
})

function record(changes: Partial<CapacityRecord>): CapacityRecord {
  return {
    kind: 'assay-capacity',
    version: 1,
    candidate: 'my server',
    language: 'go',
    target: './my-server',
    scenario: 'lobby',
    by: 'users',
    capacity: 1000,
    notMet: 1040,
    isSettled: true,
    exhausted: 'server CPU',
    exhaustedText: 'The server used 99 % of a core.',
    slaMs: 1000,
    seed: 7,
    warmUpSeconds: 2,
    holdSeconds: 6,
    status: 'finished',
    statusText: '',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:02:00.000Z',
    cores: 2,
    steps: [step(500, 'pass'), step(1000, 'pass'), step(1040, 'fail')],
    ...changes,
  }
}

function step(load: number, outcome: CapacityStep['outcome']): CapacityStep {
  return {
    load,
    users: load,
    messagesPerSecond: load / 10,
    outcome,
    reason: outcome === 'pass' ? '' : 'Expected p99 completion to be at most 1,000 ms, got 1,400 ms.',
    deliveriesPerSecond: load * 100,
    completionP50Ms: load / 20,
    completionP99Ms: outcome === 'pass' ? load / 10 : 1400,
    lost: 0,
    serverCpu: 0.9,
    generatorCpu: 0.4,
    rssBytes: 100_000_000,
    exhausted: outcome === 'pass' ? 'nothing' : 'server CPU',
  }
}
