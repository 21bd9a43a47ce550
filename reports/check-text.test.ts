import { expect, test } from 'vitest'
import { checkRecord, lostJoin } from '../harness/judge/check-record-fixture.ts'
import { renderCheckText } from './check-text.ts'

test('a check that failed says what has to hold; one that passed takes no more lines for it', () => {
  const record = checkRecord()
  const failed = { ...record, checks: record.checks.map(check => (check.id === 's1.race.first-join' ? lostJoin() : check)) }
  const text = renderCheckText(failed, { colour: false, width: 100 })
  expect(text.match(/What has to hold: .*/g)).toEqual(['What has to hold: What s1.race.first-join proves.'])
  expect(text.indexOf('What has to hold')).toBeLessThan(text.indexOf('ada had been told'))
})
