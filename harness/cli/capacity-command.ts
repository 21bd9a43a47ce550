/** `assay capacity`: how many users a server can handle. */
import { join, relative } from 'node:path'
import { type Command, Option } from 'commander'
import { MisuseError } from '../candidate/fault.ts'
import { resolveTarget, type Target } from '../candidate/find-candidate.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { startCandidate } from '../candidate/start-candidate.ts'
import { searchCapacity } from '../examine/capacity.ts'
import type { CapacityRecord, CapacityStep } from '../record/capacity-record.ts'
import { renderCapacityReport } from '../../reports/capacity-report.ts'
import { renderCapacityText } from '../../reports/capacity-text.ts'
import { isUrl } from './check-targets.ts'
import { EXIT } from './exit-code.ts'
import { runIsolated } from './isolated-command.ts'
import { abortOnInterrupt } from './interrupt.ts'
import { newSeed } from './new-seed.ts'
import { openInBrowser } from './open-in-browser.ts'
import { parseCount, parsePid, parseWorkers } from './option-parsers.ts'
import { createOutFolder } from './out-folder.ts'
import { PACKAGE_ROOT } from './package-root.ts'
import { assertPidFits } from './pid-flag.ts'
import { saveFile } from './run-files.ts'
import { loadChatScenario } from './scenario-files.ts'
import { shownPath } from './shown-path.ts'
import { terminalOptions } from './terminal-options.ts'

const REFERENCE = join(PACKAGE_ROOT, 'reference', 'chat')

interface CapacityFlags {
  readonly target?: string
  readonly by: 'users' | 'rate'
  readonly out?: string
  readonly seed?: number
  readonly set: readonly string[]
  readonly workers?: number
  readonly pid?: number
  readonly json?: true
  readonly open?: true
}

export function addCapacityCommand(program: Command): void {
  program
    .command('capacity')
    .summary('find the largest load that a server handles')
    .description(
      'Plays a scenario with ever more users (each as talkative as in the scenario) until its thresholds are missed, closes in on the border, and ' +
        'says what ran out. Takes 2 to 6 minutes. Exits with 0 when the capacity was found, 1 when no load met the thresholds, and 2 when it was ' +
        'not found, as the generator or another program used up this machine before the server did.',
    )
    .argument('[scenario]', 'a name from `assay list`, or the path of a YAML file', 'default')
    .option('--target <server>', 'a candidate folder or manifest, ws://host:port or tcp://host:port (default: the reference server)')
    .addOption(
      new Option('--by <what>', 'what grows: users, or messages a second by the same users').choices(['users', 'rate']).default('users'),
    )
    .option('--out <folder>', 'where to write capacity.json and report.html (default: reports/out/<time>-capacity-<scenario>-<candidate>)')
    .addOption(new Option('--seed <n>', 'plays the same users and times again (default: a new one)').argParser(parseCount))
    .addOption(
      new Option('--set <field=value>', 'overrides a field of the scenario; may be given again')
        .default([], 'as the scenario has it')
        .argParser(collect),
    )
    .addOption(new Option('--workers <n>', 'threads that play the users (default: all cores but one)').argParser(parseWorkers))
    .addOption(new Option('--pid <pid>', 'samples the processes of a server that Assay did not start').argParser(parsePid))
    .option('--json', 'prints capacity.json on stdout, and nothing else there')
    .option('--open', 'opens the report in a browser')
    .addHelpText(
      'after',
      `
Examples:
  assay capacity                                   how many users the reference server handles
  assay capacity lobby --target ./my-server        how large a room may be
  assay capacity lobby --by rate --set users=200   how many messages a second a room of 200 takes`,
    )
    .action(async (scenario: string, flags: CapacityFlags) => {
      process.exitCode = await run(scenario, flags)
    })
}

async function run(scenarioName: string, flags: CapacityFlags): Promise<number> {
  // A misspelt scenario is said at once; a server that runs already is out of an isolated network's reach.
  const scenario = loadChatScenario(scenarioName, flags.set)
  assertPidFits(flags.pid, [flags.target ?? 'the reference server'])
  const exitCode = isUrl(flags.target ?? REFERENCE) ? undefined : await runIsolated()
  if (exitCode !== undefined) return exitCode
  const target = await resolveTarget(flags.target ?? REFERENCE)
  assertChat(target)
  const seed = flags.seed ?? newSeed()
  const name = target.kind === 'url' ? target.url : target.manifest.name
  const folder = createOutFolder(flags.out, new Date(), ['capacity', scenario.name, name], undefined)
  const interrupt = abortOnInterrupt()
  process.stderr.write(`Searching how much ${name} handles under ${scenario.name} (seed ${seed}).\n`)
  const { signal } = interrupt
  let isTold = false
  const save = (record: CapacityRecord): void => saveFile(join(folder, 'capacity.json'), `${JSON.stringify(record)}\n`)
  const record = await searchCapacity({
    scenario,
    by: flags.by,
    seed,
    signal,
    targetText: flags.target ?? relative(process.cwd(), REFERENCE),
    name,
    language: target.kind === 'url' ? 'unknown' : target.manifest.language,
    ...(flags.workers === undefined ? {} : { workers: flags.workers }),
    start: async () => {
      const server = await startCandidate(target, { signal, ...(flags.pid === undefined ? {} : { pid: flags.pid }) })
      // Said once: every start of the search is contained alike.
      if (!isTold) process.stderr.write(listening(server))
      isTold = true
      return server
    },
    onStep: step => void process.stderr.write(`${describeStep(step, flags.by)}\n`),
    onRecord: save,
  }).finally(() => interrupt.release())
  const report = join(folder, 'report.html')
  save(record)
  saveFile(report, renderCapacityReport(record))
  if (flags.json === true) process.stdout.write(`${JSON.stringify(record, null, 2)}\n`)
  else process.stdout.write(`\n${renderCapacityText(record, terminalOptions(process.stdout))}\nreport       ${shownPath(report)}\n`)
  if (flags.open === true) openInBrowser(report)
  return exitCodeFor(record)
}

function listening({ name, url, containment }: RunningCandidate): string {
  return `${name} listens at ${url}${containment === undefined ? '' : `; ${containment.summary}`}\n`
}

/** @throws MisuseError for a key-value store. */
function assertChat(target: Target): void {
  if ((target.kind === 'url' ? target.transport : target.manifest.transport) !== 'http') return
  throw new MisuseError(
    `Expected a chat server, got a key-value store (${target.kind === 'url' ? target.url : target.manifest.name}). Try \`assay run kv-throughput --target <store>\`.`,
  )
}

function describeStep({ load, outcome, completionP99Ms, exhausted }: CapacityStep, by: CapacityFlags['by']): string {
  const unit = by === 'users' ? 'users' : 'messages a second'
  const why = exhausted === 'nothing' ? '' : ` (${exhausted})`
  return `  ${load} ${unit}: ${outcome}, p99 ${completionP99Ms.toFixed(0)} ms${why}`
}

function exitCodeFor({ status, capacity, atLeast, exhausted, steps }: CapacityRecord): number {
  switch (status) {
    case 'interrupted':
      return EXIT.interrupted
    case 'failed':
      return EXIT.fail
    case 'finished': {
      if (capacity !== null) return EXIT.pass
      const isOurs = exhausted === 'generator' || exhausted === 'other programs' || steps.every(({ outcome }) => outcome !== 'fail')
      return atLeast === null && !isOurs ? EXIT.fail : EXIT.inconclusive
    }
  }
}

function collect(value: string, all: readonly string[]): string[] {
  return [...all, value]
}
