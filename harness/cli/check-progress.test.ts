import { expect, test } from 'vitest'
import { checkResult } from '../judge/check-record-fixture.ts'
import type { Outcome } from '../record/check-record.ts'
import { createCheckProgress } from './check-progress.ts'

function shown(outcomes: readonly Outcome[]): string {
  let text = ''
  const stream = { isTTY: false, columns: 80, write: (part: string) => (text += part) } as unknown as NodeJS.WriteStream
  const progress = createCheckProgress(stream)
  for (const [at, outcome] of outcomes.entries()) {
    const result = checkResult('s1.fanout', outcome)
    progress.show({ checkId: result.id, text: '', done: at + 1, total: 31, result })
  }
  return text
}

test('an examination in which nothing passes says once how to end it sooner', () => {
  expect(shown(['fail', 'fail', 'fail', 'fail']).match(/--fail-fast/g)).toHaveLength(1)
  expect(shown(['fail', 'fail'])).not.toContain('--fail-fast')
  expect(shown(['pass', 'fail', 'fail', 'fail'])).not.toContain('--fail-fast')
})
