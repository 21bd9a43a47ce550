import { execFileSync, spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { describeWith } from '../../candidate/needs-fixture.ts'
import { findClockFault, whoseSleepBreaks } from './faults-clock.ts'

test('clocks of Go programs are not offset, and the finding says why', () => {
  expect(findClockFault('go')).toBe('Clock offsets not attempted: faketime does not reach go.')
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

await describeWith(['linux', 'python'], 'runtimes that sleep in another way', () => {
  test('a program whose sleep faketime breaks is told from one that bears it', async () => {
    const script = 'import time; print("up", flush=True); time.sleep(30)'
    const python = spawn('python3', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await new Promise(resolve => python.stdout.once('data', resolve))
      expect(await whoseSleepBreaks([process.pid])).toBeNull()
      expect(await whoseSleepBreaks([process.pid, python.pid ?? 0])).toMatch(/python/)
    } finally {
      python.kill('SIGKILL')
    }
  })
})
