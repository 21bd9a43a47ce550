/** `assay run`: plays a scenario against a server, prints the verdict and writes the report. */
import { join, relative } from 'node:path'
import { type Command, Option } from 'commander'
import { MisuseError } from '../candidate/fault.ts'
import { resolveTarget, type Target } from '../candidate/find-candidate.ts'
import type { KvScenario } from '../scenario/kv-scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { renderJUnit } from '../../reports/junit.ts'
import { renderRunText } from '../../reports/run-text.ts'
import { quoteForShell } from '../../reports/text/quote-for-shell.ts'
import { isUrl } from './check-targets.ts'
import { EXIT, exitCodeOf, worstVerdict } from './exit-code.ts'
import { runIsolated } from './isolated-command.ts'
import { abortOnInterrupt } from './interrupt.ts'
import { newSeed } from './new-seed.ts'
import { openInBrowser } from './open-in-browser.ts'
import { parseCount, parsePid, parseRepeats, parseWorkers } from './option-parsers.ts'
import { PACKAGE_ROOT } from './package-root.ts'
import { assertPidFits } from './pid-flag.ts'
import { runKvOnce } from './run-kv-once.ts'
import { type FinishedRun, runOnce } from './run-once.ts'
import { assertWritable, saveFile } from './run-files.ts'
import { createRunProgress } from './run-progress.ts'
import { loadScenario } from './scenario-files.ts'
import { shownPath } from './shown-path.ts'
import { terminalOptions } from './terminal-options.ts'

const REFERENCES = join(PACKAGE_ROOT, 'reference')

interface RunFlags {
  readonly target?: string
  readonly out?: string
  readonly seed?: number
  readonly repeat: number
  readonly set: readonly string[]
  readonly workers?: number
  readonly pid?: number
  readonly json?: true
  readonly junit?: string
  readonly open?: true
}

export function addRunCommand(program: Command): void {
  program
    .command('run')
    .summary('play a scenario against a server and report what happened')
    .description(
      'Plays a scenario (a thousand users by default) against a chat server, then says whether every message reached everyone it had to, ' +
        'once and unchanged, and how long it took to reach the last of them. Exits with 0 for pass, 1 for fail, 2 for inconclusive.',
    )
    .argument('[scenario]', 'a name from `assay list`, or the path of a YAML file', 'default')
    .option(
      '--target <server>',
      'a candidate folder or manifest, ws://host:port, tcp://host:port, or http://a,http://b,… for a store (default: the reference server)',
    )
    .option('--out <folder>', 'where to write run.json and report.html (default: reports/out/<time>-<scenario>-<candidate>)')
    .addOption(
      new Option('--seed <n>', 'plays the same users, memberships, times and bodies again (default: a new one)').argParser(parseCount),
    )
    .addOption(new Option('--repeat <n>', 'plays it n times, so that `assay compare` knows the spread').default(1).argParser(parseRepeats))
    .addOption(
      new Option('--set <field=value>', 'overrides a field of the scenario; may be given again')
        .default([], 'as the scenario has it')
        .argParser(collect),
    )
    .addOption(new Option('--workers <n>', 'threads that play the users (default: all cores but one)').argParser(parseWorkers))
    .addOption(new Option('--pid <pid>', 'samples the processes of a server that Assay did not start').argParser(parsePid))
    .option('--json', 'prints the summary as JSON on stdout, and nothing else there')
    .option('--junit <file>', 'also writes the thresholds as JUnit XML')
    .option('--open', 'opens the report in a browser')
    .addHelpText(
      'after',
      `
Examples:
  assay run                                        the default scenario against the reference server
  assay run smoke --target ./my-server             your candidate folder
  assay run lobby --target ws://127.0.0.1:8080     a server that runs already
  assay run steady --set users=2000 --set arrival.ratePerSecond=500 --seed 7 --repeat 3
  assay run kv-failover --target ./my-store        a key-value store of three nodes, one of them killed
  assay run kv-steady --target http://127.0.0.2:7400,http://127.0.0.3:7400
  assay run overload --json | jq .completionMs.p99`,
    )
    .action(async (scenario: string, flags: RunFlags) => {
      process.exitCode = await run(scenario, flags)
    })
}

async function run(scenarioName: string, flags: RunFlags): Promise<number> {
  // A misspelt scenario is said at once; a server that runs already is out of an isolated network's reach.
  const scenario = loadScenario(scenarioName, flags.set)
  const reference = join(REFERENCES, scenario.exercise)
  assertPidFits(flags.pid, [flags.target ?? 'the reference server'])
  assertWorkersFit(flags.workers, scenario)
  const exitCode = isUrl(flags.target ?? reference) ? undefined : await runIsolated()
  if (exitCode !== undefined) return exitCode
  const targetName = flags.target ?? relative(process.cwd(), reference)
  const targets = await resolveTargets(scenario, flags.target ?? reference)
  const [target] = targets
  const seed = flags.seed ?? newSeed()
  if (flags.junit !== undefined) assertWritable(flags.junit)
  const interrupt = abortOnInterrupt()
  const note = (line: string): void => void process.stderr.write(`${line}\n`)
  note(`Playing ${scenario.name} (seed ${seed}) against ${target.kind === 'url' ? target.url : target.manifest.name}.`)
  const command = commandAgain(scenarioName, targetName, seed, flags)
  const shared = { targetName, seed, out: flags.out, repeats: flags.repeat, command, signal: interrupt.signal, note }
  const finished: FinishedRun[] = []
  try {
    for (let repetition = 1; repetition <= flags.repeat && !interrupt.signal.aborted; repetition++) {
      const options = { ...shared, repetition, progress: createRunProgress(process.stderr, () => performance.now()) }
      const { workers, pid } = flags
      const run =
        scenario.exercise === 'kv'
          ? await runKvOnce({ ...options, scenario, targets })
          : await runOnce({ ...options, workers, pid, scenario, target })
      finished.push(run)
      if (flags.json !== true) show(run)
    }
  } catch (error) {
    // What is finished took minutes, and is told whatever became of the next.
    conclude(finished, flags, error instanceof Error ? error.message : String(error))
    throw error
  } finally {
    interrupt.release()
  }
  conclude(finished, flags)
  if (interrupt.signal.aborted) return EXIT.interrupted
  if (finished.some(({ record }) => record.endedBy === 'harness')) return EXIT.bug
  return exitCodeOf(worstVerdict(finished.map(({ record }) => record.summary.verdict)))
}

/** @throws MisuseError where `--workers` would have no effect. */
function assertWorkersFit(workers: number | undefined, { name, exercise }: Scenario | KvScenario): void {
  if (workers === undefined || exercise === 'chat') return
  throw new MisuseError(`Expected --workers beside a scenario for chat servers, got ${name}, which one thread plays. Leave it out.`)
}

/**
 * One target, or the URLs of several nodes of a store.
 * @throws MisuseError where it is not of the scenario's exercise.
 */
async function resolveTargets(scenario: Scenario | KvScenario, named: string): Promise<[Target, ...Target[]]> {
  const parts = scenario.exercise === 'kv' && isUrl(named) ? named.split(',').map(part => part.trim()) : [named]
  const [first, ...rest] = await Promise.all(parts.map(resolveTarget))
  if (first === undefined) throw new MisuseError('Expected --target to name a server, got nothing.')
  for (const target of [first, ...rest]) {
    const isKv = (target.kind === 'url' ? target.transport : target.manifest.transport) === 'http'
    if (isKv === (scenario.exercise === 'kv')) continue
    throw new MisuseError(
      isKv
        ? `Expected a chat server for the scenario ${scenario.name}, got a key-value store (${named}). Try \`assay run kv-steady\`, or another scenario whose name begins with kv.`
        : `Expected a key-value store for the scenario ${scenario.name}, got a chat server (${named}). Try \`assay run smoke\`; \`assay list\` shows all.`,
    )
  }
  return [first, ...rest]
}

function show({ record, folder }: FinishedRun): void {
  process.stdout.write(`${renderRunText(record, terminalOptions(process.stdout))}\n`)
  process.stdout.write(`report       ${shownPath(folder.reportPath)}\n`)
}

/** `fault`: what ended it before all were played. */
function conclude(finished: readonly FinishedRun[], flags: RunFlags, fault?: string): void {
  const records = finished.map(({ record }) => record)
  const summaries = records.map(({ summary }) => summary)
  if (flags.json === true && summaries.length > 0)
    process.stdout.write(`${JSON.stringify(flags.repeat > 1 ? summaries : summaries[0], null, 2)}\n`)
  if (flags.junit !== undefined) saveFile(flags.junit, renderJUnit(records, fault))
  if (finished.length > 1 && flags.json !== true) {
    process.stdout.write(`\nCompare  assay compare ${finished.map(({ folder }) => quoteForShell(shownPath(folder.path))).join(' ')}\n`)
  }
  const last = finished.at(-1)
  if (flags.open === true && last !== undefined) openInBrowser(last.folder.reportPath)
}

function commandAgain(scenario: string, target: string, seed: number, flags: RunFlags): string {
  const parts = ['assay', 'run', scenario]
  if (flags.target !== undefined) parts.push('--target', target)
  parts.push('--seed', String(seed))
  for (const override of flags.set) parts.push('--set', override)
  if (flags.workers !== undefined) parts.push('--workers', String(flags.workers))
  return `npx ${parts.map(quoteForShell).join(' ')}`
}

function collect(value: string, all: readonly string[]): string[] {
  return [...all, value]
}
