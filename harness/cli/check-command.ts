/** `assay check`: examines chat servers and key-value stores, and says, with evidence, what is right and what is not. */
import { type Command, Option } from 'commander'
import { buildAhead } from '../candidate/build-ahead.ts'
import { CONTAINMENT_NAMES, decideContainment } from '../candidate/contain-level.ts'
import { CandidateFault, MisuseError } from '../candidate/fault.ts'
import { isNetworkIsolated } from '../candidate/isolated-network.ts'
import { EXERCISES } from '../examine/exercise-list.ts'
import type { ExerciseName } from '../judge/check-ids.ts'
import { parseOnly } from './check-filter.ts'
import type { CheckFlags } from './check-flags.ts'
import { findTargetQuietly, isUrl } from './check-targets.ts'
import { checkAll } from './check-all.ts'
import { findExaminable } from './examinable-targets.ts'
import { EXIT } from './exit-code.ts'
import { runIsolated } from './isolated-command.ts'
import { abortOnInterrupt } from './interrupt.ts'
import { newSeed } from './new-seed.ts'
import { parseCount, parsePid, parseRepeats } from './option-parsers.ts'
import { assertPidFits } from './pid-flag.ts'
import { readRubric } from './rubric-file.ts'
import { assertWritable } from './run-files.ts'
import { watchAndCheck } from './watch-and-check.ts'

const EXERCISE_TITLES: Readonly<Record<ExerciseName, string>> = {
  chat: 'Chat server (exercise: chat)',
  kv: 'Key-value store (exercise: kv)',
}

export function addCheckCommand(program: Command): void {
  program
    .command('check')
    .summary('examine a chat server or a key-value store, and say what is right and what is not')
    .description(
      'Builds, starts and examines each candidate, then says stage by stage what passed and what failed, with evidence. Exits with 0 when all ' +
        'that was asked for passed, 1 when something failed, 2 when something could not be decided.',
    )
    .argument('[candidate...]', 'a folder, a manifest (candidate.yaml), ws://host:port or tcp://host:port')
    .addOption(new Option('--stage <n>', 'up to which stage').choices(['1', '2', '3', '4', '5', '6']))
    .option(
      '--quick',
      'fewer checks and smaller provocations: of a chat server stage 1, hostile input and two checks of stage 2; of a store some of stages 1 to 5, and hostile requests',
    )
    .option('--only <ids>', 'these checks, or all that begin so: --only s1.race,s2.isolation (--list names them)')
    .addOption(new Option('--seed <n>', 'provokes in the same way again (default: a new one)').argParser(parseCount))
    .addOption(new Option('--repeat <n>', 'examines n times and shows how often the verdicts agree').default(1).argParser(parseRepeats))
    .option('--fail-fast', 'ends at the first check that fails: for a server of which much is still empty')
    .option('--watch', 'examines again after each save (--fail-fast; --quick --stage 1 unless something else is asked for)')
    .option('--out <folder>', 'where to write check.json and scorecard.html (default: reports/out/<time>-check-<candidate>)')
    .option('--json', 'prints check.json on stdout, and nothing else there; an array for several candidates')
    .option('--junit <file>', 'also writes the checks as JUnit XML')
    .addOption(new Option('--for <reader>', 'whom the scorecard is for').choices(['interviewer', 'candidate']).default('interviewer'))
    .option('--anonymous', "leaves the candidate's name out of the scorecard, and of all that is printed (check.json keeps it)")
    .option('--rubric <file>', 'your own rubric (default: docs/rubric.yaml, or docs/rubric-kv.yaml for a store)')
    .option('--open', 'opens the scorecard in a browser')
    .option('--write-manifest', 'writes the manifest that was guessed for a folder without one')
    .option('--build-network', 'lets the build reach the network, e.g. to fetch packages')
    .addOption(
      new Option(
        '--containment <level>',
        'how strictly to contain the candidate (default: strict, and refuse where the machine cannot)',
      ).choices(CONTAINMENT_NAMES),
    )
    .addOption(new Option('--pid <pid>', 'samples the processes of a server that Assay did not start').argParser(parsePid))
    .option('--list', 'names all checks, and what each proves')
    .addOption(new Option('--expect', "graded samples: holds what failed against the manifest's `expect`").hideHelp())
    .addHelpText(
      'after',
      `
Examples:
  assay check ./my-server                       everything
  assay check ./my-server --stage 1 --watch     again after each save
  assay check ./my-server --only s1.race        all race checks
  assay check tcp://127.0.0.1:7000              a server that runs already
  assay check ann/ bob/ reference/chat          side by side
  assay check reference/chat/candidate.tcp.yaml one manifest of a folder that holds several: here the TCP door
  assay check reference/kv --only k1,k2         a key-value store (exercise: kv in its manifest)`,
    )
    .action(async (targets: readonly string[], flags: CheckFlags) => {
      process.exitCode = flags.list === true ? listChecks() : await check(targets, flags)
    })
}

async function check(targets: readonly string[], flags: CheckFlags): Promise<number> {
  const only = checkUsage(targets, flags)
  if (wantsIsolation(targets, flags)) {
    if (flags.buildNetwork === true) await buildAll(targets)
    const exitCode = await runIsolated()
    if (exitCode !== undefined) return exitCode
  }
  const level = targets.every(isUrl) ? undefined : await decideContainment(flags.containment)
  const seed = flags.seed ?? newSeed()
  const interrupt = abortOnInterrupt()
  const { signal } = interrupt
  try {
    const named = await findExaminable(targets, { flags, only, signal })
    if (level !== undefined) process.stderr.write(`${level.summary}\n`)
    const settings = { named, flags, only, seed, containment: level?.name, signal }
    return flags.watch === true ? await watchAndCheck(settings) : await checkAll(settings)
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.interrupted
    throw error
  } finally {
    interrupt.release()
  }
}

/** @throws MisuseError for what cannot be meant, before anything is built. */
function checkUsage(targets: readonly string[], flags: CheckFlags): readonly string[] | undefined {
  if (targets.length === 0) throw new MisuseError('Expected a candidate to check, got none. Name its folder: `assay check ./my-server`.')
  if (flags.watch === true && (targets.length > 1 || targets.some(isUrl)))
    throw new MisuseError('Expected one folder or manifest to --watch. Name the folder in which you write.')
  if (flags.watch === true && (flags.json ?? flags.junit ?? flags.open) !== undefined)
    throw new MisuseError(
      'Expected --watch without --json, --junit and --open, which tell of an end that it does not have. Leave them out.',
    )
  if (targets.some(isUrl) && !targets.every(isUrl) && (flags.containment ?? 'strict') === 'strict') {
    throw new MisuseError(
      'Expected either folders or servers that run already, got both: strictly contained candidates are examined in a network of their own, ' +
        'from where such a server cannot be reached. Check them one after the other, or add --containment networked.',
    )
  }
  assertPidFits(flags.pid, targets)
  // Now, not after minutes of work: a file that cannot be written is the user's to mend.
  if (flags.rubric !== undefined) readRubric(flags.rubric)
  if (flags.junit !== undefined) assertWritable(flags.junit)
  return flags.only === undefined
    ? undefined
    : parseOnly(
        flags.only,
        EXERCISES.flatMap(({ checks }) => checks.map(({ id }) => id)),
      )
}

function wantsIsolation(targets: readonly string[], flags: CheckFlags): boolean {
  return !targets.every(isUrl) && (flags.containment ?? 'strict') === 'strict' && !isNetworkIsolated()
}

/** Inside there is nothing to download from; the start finds these builds by their content. */
async function buildAll(targets: readonly string[]): Promise<void> {
  for (const text of targets) {
    const { target } = await findTargetQuietly(text)
    if (target.kind !== 'manifest') continue
    try {
      await buildAhead(target, { buildNetwork: true })
    } catch (error) {
      // The examination builds it again, fails in the same way, and puts that into the record.
      if (!(error instanceof CandidateFault)) throw error
      process.stderr.write(`${error.message}\n`)
    }
  }
}

function listChecks(): number {
  for (const [at, { name, checks }] of EXERCISES.entries()) {
    const width = Math.max(...checks.map(({ id }) => id.length))
    process.stdout.write(`${at === 0 ? '' : '\n'}${EXERCISE_TITLES[name]}\n`)
    for (const { id, title } of checks) process.stdout.write(`  ${id.padEnd(width)}  ${title}\n`)
  }
  return EXIT.pass
}
