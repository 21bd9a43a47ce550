import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { findClockFault } from './faults-clock.ts'

test('clocks of Go programs are not offset, and the finding says why', () => {
  expect(findClockFault('go')).toBe('Clocks were not offset: faketime does not reach go.')
})

test('a process sees another time of day, and timers go on as they are; skipped without faketime (apt-get install faketime)', ({
  skip,
}) => {
  const fault = findClockFault('typescript')
  if (typeof fault === 'string') return skip(fault)
  const script = 'const t = performance.now(); setTimeout(() => console.log(Date.now(), performance.now() - t < 60000), 20)'
  const seen = [-3600, 3600].map(seconds => {
    const output = execFileSync(process.execPath, ['-e', script], {
      encoding: 'utf8',
      env: { ...process.env, ...fault.environment(seconds) },
    })
    const [wallMs = '', isTimely] = output.trim().split(' ')
    expect(isTimely).toBe('true')
    return Math.round((Number(wallMs) - Date.now()) / 3_600_000)
  })
  expect(seen).toEqual([-1, 1])
})
