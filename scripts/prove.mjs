// `npm run prove`: examines the graded samples and the reference server, and writes docs/truth.md: whether Assay says the truth.
// What was done is kept in .assay/prove.json, so that it can be ended at any time and goes on where it was.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { judgeAnew, judgeExamined } from './prove-judge.mjs'
import { listJobs } from './prove-jobs.mjs'
import { renderTruth } from './prove-report.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const STATE = join(root, '.assay', 'prove.json')
/** A full examination takes 6 min, on a busy machine twice that (of etcd 14 min). Then it is interrupted, and counts as not examined. */
const JOB_LIMIT_MS = 20 * 60_000
/** So many jobs that cannot be carried out at all end it: something is wrong with Assay or this machine. */
const MAX_BROKEN = 5

const command = new Command('prove')
  .description(
    'Examines the graded samples and the reference servers, and writes docs/truth.md. Ended with Ctrl-C, it goes on where it was.',
  )
  .argument('[names...]', 'only jobs whose name contains one of these (default: all, many hours)')
  .option('--list', 'names the jobs, done ones with a tick')
  .option('--again', 'does the named jobs anew')
  .option('--report', 'only writes docs/truth.md from what was done')
  .addHelpText('after', '\nExamples:\n  npm run prove -- flawed/java\n  npm run prove -- --list right/')
  .parse()
const words = command.args
const flags = command.opts()
const jobs = listJobs(root)
const wanted = words.length === 0 ? jobs : jobs.filter(({ id }) => words.some(word => id.includes(word)))
const results = readResults()
const children = new Set()
let isEnding = false
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    isEnding = true
    for (const child of children) child.kill('SIGTERM')
  })
}

if (wanted.length === 0) command.error(`Expected the name of a job, or a part of one, got ${words.join(' ')}. --list names them.`)
if (flags.list) for (const { id } of wanted) process.stdout.write(`${results[id] === undefined ? ' ' : '✓'} ${id}\n`)
else {
  if (!flags.report) await runAll()
  writeFileSync(join(root, 'docs', 'truth.md'), renderTruth(jobs, readResults()))
  process.stdout.write('docs/truth.md is written.\n')
  if (isEnding) process.exitCode = 130
  else if (wanted.some(job => results[job.id] !== undefined && !judgeAnew(job, results[job.id]).isHeld)) process.exitCode = 1
}

async function runAll() {
  const open = wanted.filter(({ id }) => flags.again || results[id] === undefined)
  process.stdout.write(`${open.length} of ${wanted.length} jobs to do.\n`)
  let broken = 0
  for (const [index, job] of open.entries()) {
    if (job.needs !== undefined && !isInstalled(job.needs.program)) {
      process.stdout.write(`[${index + 1}/${open.length}] skipped ${job.id}: needs ${job.needs.program} (${job.needs.install})\n`)
      continue
    }
    const result = await runJob(job)
    if (isEnding) return
    if (result === undefined) {
      if (++broken >= MAX_BROKEN)
        command.error(`${broken} jobs could not be carried out; ended. Try one by hand: npx assay check ${job.target}`)
      continue
    }
    keep(job.id, result)
    process.stdout.write(
      `[${index + 1}/${open.length}] ${result.isHeld ? 'ok    ' : 'NOT OK'} ${job.id} (${result.seconds.toFixed(0)} s) ${result.note}\n`,
    )
  }
}

async function runJob(job) {
  const burner = job.isBusy ? start(['-e', `const end = Date.now() + ${JOB_LIMIT_MS}; while (Date.now() < end);`]) : undefined
  const out = join('.assay', 'prove', job.id.replaceAll('/', '-'))
  const startMs = performance.now()
  const check = [join('bin', 'assay.js'), 'check', job.target, ...job.args, '--expect', '--json', '--out', out]
  const assay = start(job.script === undefined ? check : [job.script, ...job.args])
  const limit = setTimeout(() => assay.kill('SIGTERM'), JOB_LIMIT_MS)
  const { stdout, stderr } = await assay.ended
  clearTimeout(limit)
  burner?.kill('SIGKILL')
  await burner?.ended
  const record = parseRecord(stdout)
  const seconds = (performance.now() - startMs) / 1000
  if (record !== undefined) return job.script === undefined ? summaryOf(record, job, seconds) : outcomeOf(record, seconds)
  if (!isEnding) process.stdout.write(`       ${job.id} could not be carried out:\n${stderr.slice(-2000)}\n`)
  return undefined
}

/** What is kept of an examination: outcomes, what the races' power was, and whether it came out as it had to. */
function summaryOf(record, job, seconds) {
  const checks = record.checks
    .filter(({ outcome }) => outcome !== 'not attempted')
    .map(({ id, outcome, power, reason }) => ({ id, outcome, power, reason }))
  const { status, statusText, seed, startedAt } = record
  return { ...judgeExamined({ status, statusText, checks }, job.expect), status, statusText, seconds, seed, checks, at: startedAt }
}

/** What is kept of a script: its own outcome, and its figures. */
function outcomeOf({ outcome, reason, figures, seed, startedAt }, seconds) {
  const isHeld = outcome === 'pass'
  return { isHeld, seconds, seed, outcome, figures, note: isHeld ? '' : `${outcome}: ${reason}`, at: startedAt }
}

function isInstalled(program) {
  return (process.env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, program)))
}

function start(args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', text => (stderr = (stderr + text).slice(-10_000)))
  const ended = new Promise(resolve => {
    child.on('close', code => {
      children.delete(child)
      resolve({ code, stdout, stderr })
    })
  })
  return { kill: signal => child.kill(signal), ended }
}

function parseRecord(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readResults() {
  return existsSync(STATE) ? JSON.parse(readFileSync(STATE, 'utf8')) : {}
}

/** Others of its kind may be at work on other jobs: what they have kept meanwhile stays. */
function keep(id, result) {
  Object.assign(results, readResults(), { [id]: result })
  mkdirSync(dirname(STATE), { recursive: true })
  writeFileSync(`${STATE}.part${process.pid}`, JSON.stringify(results))
  renameSync(`${STATE}.part${process.pid}`, STATE)
}
