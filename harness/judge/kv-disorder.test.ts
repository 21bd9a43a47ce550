import { expect, test } from 'vitest'
import { disorder } from './kv-disorder.ts'
import { read, remove, write } from './kv-store-fixture.ts'
import { judgeRegister } from './linearizability.ts'
import type { KvStep } from './kv-steps.ts'

test.each<[string, KvStep[], RegExp]>([
  [
    'a value that another had replaced',
    [write(1, 'a', 'one', 0, 10), write(2, 'a', 'two', 20, 30), read(3, 'a', 'one', 32.5, 40)],
    /client 3 read "one", though "two" had been acknowledged 2\.5 ms before it asked/,
  ],
  [
    'a value after its delete',
    [write(1, 'a', 'one', 0, 10), remove(2, 'a', 20, 30), read(3, 'a', 'one', 35, 40)],
    /client 3 read "one", though its delete had been acknowledged 5\.0 ms before/,
  ],
  ['an acknowledged value that is absent', [write(1, 'a', 'one', 0, 10), read(3, 'a', null, 11, 12)], /client 3 read absent, though "one"/],
  [
    'two values read in turn, each twice',
    [
      write(1, 'a', 'one', 0, 100),
      write(2, 'a', 'two', 0, 100),
      read(3, 'a', 'one', 10, 20),
      read(3, 'a', 'two', 30, 40),
      read(3, 'a', 'one', 50, 60),
    ],
    /No order of these \d operations is one that a single copy could have gone through\.$/,
  ],
])('%s is told as what it is', (_, steps, story) => {
  const result = judgeRegister(steps)
  if (result.outcome !== 'violation') throw new Error(`Expected a violation, got ${result.outcome}.`)
  expect(disorder(steps, result.counterexample)).toMatchObject({ kind: 'linearizable', text: expect.stringMatching(story) as unknown })
})
