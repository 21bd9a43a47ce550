// `node scripts/kv-schedule.mjs <candidate> <seed>`: 15 s of random faults on three nodes of a key-value store, drawn from the seed; prints one
// JSON object with the outcome. `npm run prove` plays 60 of them against reference/kv.
import { resolveTarget } from '../dist/harness/candidate/find-candidate.js'
import { startCandidate } from '../dist/harness/candidate/start-candidate.js'
import { playSchedule } from '../dist/harness/examine/kv/schedule-check.js'

const [name, seedText] = process.argv.slice(2)
const seed = Number(seedText)
if (name === undefined || !Number.isSafeInteger(seed) || seed < 0) {
  process.stderr.write(`Expected a candidate and a seed, got ${process.argv.slice(2).join(' ') || 'nothing'}.\n`)
  process.exit(64)
}
const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ending.abort())

const target = await resolveTarget(name)
const { signal } = ending
const ground = {
  target,
  manifest: target.manifest ?? null,
  seed,
  quick: false,
  pid: undefined,
  signal,
  start: async options => await startCandidate(target, { ...options, signal }),
}
const startedAt = new Date().toISOString()
const result = await playSchedule(ground, text => process.stderr.write(`${text}\n`))
process.stdout.write(`${JSON.stringify({ seed, startedAt, ...result })}\n`)
process.exitCode = { pass: 0, fail: 1 }[result.outcome] ?? 2
