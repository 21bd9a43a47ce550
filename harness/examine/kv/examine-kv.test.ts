import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { resolveTarget } from '../../candidate/find-candidate.ts'
import { checkRecordSchema, type CheckRecord, type CheckResult } from '../../record/check-record.ts'
import { examineCandidate } from '../examine-candidate.ts'

const STORES = new URL('../../../candidates/fixtures/kv/', import.meta.url)

describe('the examination of a store of one node', { timeout: 120_000 }, () => {
  test('passes a right one, and leaves a valid record of its exercise', async () => {
    const record = await examine('none', ['k1.basics', 'k1.bytes', 'k2.shutdown', 'safe'])
    expect(outcomes(record)).toEqual({ 'k1.basics': 'pass', 'k1.bytes': 'pass', 'k2.shutdown': 'pass', 'safe.http': 'pass' })
    expect(checkRecordSchema.parse(record)).toMatchObject({ exercise: 'kv', transport: 'http', status: 'finished' })
  })

  test('shows the value that nobody wrote, where writes and reads get into each other', async () => {
    const torn = await checkOf('torn', 'k1.concurrent')
    expect(torn).toMatchObject({ outcome: 'fail', evidence: [{ kind: 'corrupted' }] })
    expect(torn.reason).toMatch(/nobody had written/)
  })

  test('finds what was acknowledged long before a kill and is gone after it, with the kill in the picture', async () => {
    const lost = await checkOf('saved-late', 'k2.durable')
    expect(lost).toMatchObject({ outcome: 'fail', evidence: [{ kind: 'lost', lanes: expect.arrayContaining(['node a']) as unknown }] })
    expect(lost.reason).toMatch(/after kill -9 number 1 \(alone\) node a returned absent, though .+ had been acknowledged \d/)
    expect(lost.evidence[0]?.events.map(({ text }) => text)).toContain('kill -9')
  })

  test('finds deletes that no restart remembers', async () => {
    const resurrected = await checkOf('deletes-not-saved', 'k2.durable')
    expect(resurrected).toMatchObject({ outcome: 'fail', evidence: [{ kind: 'resurrected' }] })
    expect(resurrected.reason).toMatch(/though its delete had been acknowledged/)
  })
})

async function checkOf(flaw: string, id: string): Promise<CheckResult> {
  const record = await examine(flaw, [id])
  const found = record.checks.find(check => check.id === id)
  if (found === undefined) throw new Error(`Expected ${id} to be in the record.`)
  return found
}

async function examine(flaw: string, only: readonly string[]): Promise<CheckRecord> {
  const target = await resolveTarget(fileURLToPath(new URL(`candidate.${flaw}.yaml`, STORES)))
  return await examineCandidate({ target, only, quick: true, seed: 7 })
}

function outcomes(record: CheckRecord): Record<string, string> {
  return Object.fromEntries(record.checks.filter(check => check.outcome !== 'not attempted').map(check => [check.id, check.outcome]))
}
