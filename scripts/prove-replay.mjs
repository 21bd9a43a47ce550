// `node scripts/prove-replay.mjs <candidate> <folder>`: finds the race of first joins in a candidate, then plays what was found again as small as it
// gets; prints one JSON object with how often that shows. `npm run prove` does it with each language's check-then-put.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ASSAY = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin', 'assay.js')
const RACE = 's1.race.first-join'
const EXIT = { pass: 0, fail: 1, inconclusive: 2, misuse: 64 }

const [target, folder] = process.argv.slice(2)
if (target === undefined || folder === undefined) {
  process.stderr.write(`Expected a candidate and a folder to write to, got ${process.argv.slice(2).join(' ') || 'nothing'}.\n`)
  process.exit(EXIT.misuse)
}
let running
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    running?.kill('SIGTERM')
    process.exitCode = 130
  })
}

const startedAt = new Date().toISOString()
// What an earlier try has left must not be taken for what this one finds.
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const result = await findAndReplay()
if (result !== undefined && process.exitCode !== 130) {
  process.stdout.write(`${JSON.stringify({ startedAt, ...result })}\n`)
  process.exitCode = EXIT[result.outcome]
}

async function findAndReplay() {
  await assay('check', target, '--only', RACE, '--out', folder)
  const examined = read('check.json')
  if (examined?.status !== 'finished') return undefined
  const { seed } = examined
  const found = examined.checks.find(({ id, interleaving }) => id === RACE && interleaving !== undefined)
  if (found === undefined)
    return { outcome: 'fail', seed, reason: 'the race was not found, so that there was nothing to replay', figures: {} }
  const startMs = performance.now()
  await assay('replay', `${join(folder, 'check.json')}#${RACE}`, '--out', join(folder, 'replay.json'))
  const replayed = read('replay.json')
  if (replayed === undefined) return undefined
  const { hits, tries, withinSeconds, given, smallest } = replayed
  const seconds = (performance.now() - startMs) / 1000
  const figures = { hits, tries, withinSeconds, given, smallest, seconds, profile: found.interleaving.profile }
  return { outcome: hits > 0 ? 'pass' : 'fail', seed, reason: hits > 0 ? '' : `it did not show again in ${tries} tries`, figures }
}

async function assay(...args) {
  if (process.exitCode === 130) return
  running = spawn(process.execPath, [ASSAY, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
  await new Promise(resolve => running.on('close', resolve))
}

function read(name) {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8'))
  } catch {
    return undefined
  }
}
