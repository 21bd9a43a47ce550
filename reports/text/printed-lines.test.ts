import { expect, test } from 'vitest'
import { printedLines } from './printed-lines.ts'
import { terminalStyle } from './terminal-style.ts'

const style = terminalStyle({ colour: false, width: 80 })

test('the first error that a server printed is shown with what follows it, and how much more there is', () => {
  const printed = ['listening', 'Exception in thread "pool-1"', '\tat Chat.join(Chat.java:9)', ...Array.from({ length: 20 }, () => 'more')]
  expect(printedLines(printed.join('\n'), style)).toEqual([
    '      │ It printed meanwhile:',
    '      │ Exception in thread "pool-1"',
    '      │     at Chat.join(Chat.java:9)',
    ...Array.from({ length: 6 }, () => '      │ more'),
    '      │ (14 more lines are in check.json)',
  ])
})

test.each([
  'Traceback (most recent call last):',
  "thread 'main' panicked at src/main.rs:3",
  'fatal error: concurrent map writes',
  'WARNING: DATA RACE',
  'TypeError: undefined is not a function',
  '==12==ERROR: AddressSanitizer: heap-use-after-free',
  '\u001b[31mError\u001b[0m: it broke',
])('%j is taken for an error', line => {
  expect(printedLines(`started\n${line}`, style)).toHaveLength(2)
})

test('a server that only says what it does is not quoted', () => {
  expect(printedLines('listening on 7000\n12 connections, 0 refused', style)).toEqual([])
  expect(printedLines(undefined, style)).toEqual([])
})
