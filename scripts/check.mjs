// `npm run check`: types, lint, format and dead code, each named, all run even when an earlier one fails.
// The directions between rooms are held by harness/rooms.test.ts, which runs here as well.
import { spawnSync } from 'node:child_process'

const steps = [
  ['types', 'tsc', '-p', 'tsconfig.json'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings'],
  ['format', 'prettier', '--check', '--log-level', 'warn', '.'],
  ['dead code', 'knip'],
  ['room directions', 'vitest', 'run', 'harness/rooms.test.ts', '--reporter=dot'],
]

let failed = 0
for (const [name, command, ...args] of steps) {
  const { status } = spawnSync('npx', ['--no-install', command, ...args], { stdio: 'inherit' })
  process.stdout.write(`${status === 0 ? 'ok    ' : 'failed'} ${name}\n`)
  if (status !== 0) failed++
}
process.exit(failed === 0 ? 0 : 1)
