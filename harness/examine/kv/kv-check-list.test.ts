import { expect, test } from 'vitest'
import { KV_CHECK_IDS } from '../../judge/check-ids.ts'
import { KV_CHECKS } from './kv-check-list.ts'

test('every check of the contract is run, in the order of the contract', () => {
  expect(KV_CHECKS.map(({ id }) => id)).toEqual(KV_CHECK_IDS)
})

test('a check stands in the stage that its id names', () => {
  for (const { id, stage } of KV_CHECKS) expect(id.startsWith('safe.') ? 'safe' : id.slice(1, 2)).toBe(stage)
})
