/** Every starter builds, and what is built from it serves: a right server of each language passes the first check of its exercise. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { ASSAY_ROOT } from '../candidate/assay-package.ts'
import { resolveTarget } from '../candidate/find-candidate.ts'
import { describeWith, type Need } from '../candidate/needs-fixture.ts'
import { examineCandidate } from './examine-candidate.ts'

/** A build that is not in the cache takes up to half a minute on a busy machine. */
vi.setConfig({ testTimeout: 120_000 })

interface Starter {
  readonly starter: string
  /** A right server that is laid over it. */
  readonly sample: string
  readonly needs: readonly Need[]
  readonly check: 's1.fanout' | 'k1.basics'
}

const STARTERS: readonly Starter[] = [
  { starter: 'typescript', sample: 'chat/typescript/right', needs: [], check: 's1.fanout' },
  { starter: 'python', sample: 'chat/python/right', needs: ['python'], check: 's1.fanout' },
  { starter: 'python-asyncio', sample: 'chat/python-asyncio/right', needs: ['python'], check: 's1.fanout' },
  { starter: 'java', sample: 'chat/java/right', needs: ['java'], check: 's1.fanout' },
  { starter: 'go', sample: 'chat/go/right', needs: ['go'], check: 's1.fanout' },
  { starter: 'rust', sample: 'chat/rust/right', needs: ['rust'], check: 's1.fanout' },
  { starter: 'cpp', sample: 'chat/cpp/right', needs: ['cpp'], check: 's1.fanout' },
  { starter: 'kv-typescript', sample: 'kv/typescript/last-writer-wins', needs: [], check: 'k1.basics' },
  { starter: 'kv-python', sample: 'kv/python/log-only', needs: ['python'], check: 'k1.basics' },
  { starter: 'kv-java', sample: 'kv/java/last-writer-wins', needs: ['java'], check: 'k1.basics' },
  { starter: 'kv-go', sample: 'kv/go/snapshot-each-second', needs: ['go'], check: 'k1.basics' },
  { starter: 'kv-cpp', sample: 'kv/cpp/log-only', needs: ['cpp'], check: 'k1.basics' },
]

test('every starter has a right server that is laid over it', async () => {
  const found = await Promise.all(STARTERS.map(async ({ starter, sample }) => ({ starter, bases: await basesOf(sample) })))
  for (const { starter, bases } of found) expect(bases).toEqual([join(ASSAY_ROOT, 'candidates', 'starters', starter)])
  expect(STARTERS.map(({ starter }) => starter).sort()).toEqual(
    readdirSync(join(ASSAY_ROOT, 'candidates', 'starters'))
      .filter(name => !name.includes('.'))
      .sort(),
  )
})

for (const { starter, sample, needs, check } of STARTERS) {
  await describeWith(needs, `the starter ${starter}`, () => {
    test(`${sample}, built from it, passes ${check}`, async () => {
      const target = await resolveTarget(folderOf(sample))
      const record = await examineCandidate({ target, only: [check], quick: true, seed: 7 })
      expect(record).toMatchObject({ status: 'finished', statusText: '' })
      const examined = record.checks.filter(({ outcome }) => outcome !== 'not attempted')
      expect(examined.map(({ id, outcome, reason }) => ({ id, outcome, reason }))).toEqual([
        { id: check, outcome: 'pass', reason: expect.any(String) as unknown },
      ])
    })
  })
}

function folderOf(sample: string): string {
  return join(ASSAY_ROOT, 'candidates', 'samples', sample)
}

async function basesOf(sample: string): Promise<readonly string[]> {
  const target = await resolveTarget(folderOf(sample))
  return target.kind === 'manifest' ? target.baseFolders : []
}
