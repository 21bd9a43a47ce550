/** `assay replay`: plays a race that was found once more, as small as it gets, and says how often it shows. */
import { dirname, join } from 'node:path'
import { type Command, Option } from 'commander'
import { CONTAINMENT_NAMES, type ContainmentName, decideContainment } from '../candidate/contain-level.ts'
import { MisuseError } from '../candidate/fault.ts'
import type { Target } from '../candidate/find-candidate.ts'
import { CHECKS } from '../examine/check-list.ts'
import { replayInterleaving, TRY_MS } from '../examine/replay.ts'
import { sizeOf } from '../examine/smaller-recipe.ts'
import { REPLAY_RECORD_VERSION, type ReplayRecord } from '../record/replay-record.ts'
import { renderReplayText } from '../../reports/replay-text.ts'
import { findTargetQuietly, isUrl } from './check-targets.ts'
import { EXIT } from './exit-code.ts'
import { abortOnInterrupt } from './interrupt.ts'
import { runIsolated } from './isolated-command.ts'
import { parseSeconds, parseTries } from './option-parsers.ts'
import { readReplayEvidence, type ReplayEvidence } from './replay-file.ts'
import { saveFile } from './run-files.ts'
import { shownPath } from './shown-path.ts'
import { terminalOptions } from './terminal-options.ts'

const SHRINK_SECONDS = 60
const TRIES = 10

interface ReplayFlags {
  readonly target?: string
  readonly time: number
  readonly tries: number
  readonly out?: string
  readonly json?: true
  readonly containment?: ContainmentName
}

export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .summary('play a race that was found once more, as small as it gets')
    .description(
      'Plays the batch in which a race check failed again on the same server, leaves out connections, channels and requests until nothing more ' +
        'can go, and says how often the rest shows. Exits with 1 when it shows, 0 when it does not.',
    )
    .argument('<evidence>', 'a check.json or its folder, with #check-id where several races failed; or what an earlier replay wrote')
    .option('--target <server>', 'the candidate (default: the one that was examined)')
    .addOption(
      new Option('--time <seconds>', 'how long to look for a smaller one, 0 to 600').default(SHRINK_SECONDS).argParser(parseSeconds),
    )
    .addOption(new Option('--tries <n>', 'how often to try the smallest, 1 to 100').default(TRIES).argParser(parseTries))
    .option('--out <file>', 'where to write it (default: replay-<check-id>.json beside the evidence)')
    .option('--json', 'prints what it writes on stdout, and nothing else there')
    .addOption(
      new Option(
        '--containment <level>',
        'how strictly to contain the candidate (default: strict, and refuse where the machine cannot)',
      ).choices(CONTAINMENT_NAMES),
    )
    .addHelpText(
      'after',
      `
Examples:
  assay replay reports/out/2026-01-01-120000-check-ann/check.json#s1.race.first-join
  assay replay check.json --target ./mended        whether it still shows`,
    )
    .action(async (evidence: string, flags: ReplayFlags) => {
      process.exitCode = await replay(evidence, flags)
    })
}

async function replay(text: string, flags: ReplayFlags): Promise<number> {
  const evidence = readReplayEvidence(text)
  const targetText = flags.target ?? evidence.target
  const target = await findServer(targetText, flags)
  if (!isUrl(targetText) && (flags.containment ?? 'strict') === 'strict') {
    const exitCode = await runIsolated()
    if (exitCode !== undefined) return exitCode
  }
  const level = isUrl(targetText) ? undefined : await decideContainment(flags.containment)
  if (level !== undefined) process.stderr.write(`${level.summary}\n`)
  const interrupt = abortOnInterrupt()
  try {
    const record = await play({ evidence, target, targetText, flags, containment: level?.name, signal: interrupt.signal })
    const file = flags.out ?? join(dirname(evidence.file), `replay-${evidence.checkId}.json`)
    saveFile(file, `${JSON.stringify(record)}\n`)
    if (flags.json === true) process.stdout.write(`${JSON.stringify(record, null, 2)}\n`)
    else process.stdout.write(renderReplayText(record, terminalOptions(process.stdout), shownPath(file)))
    return record.hits > 0 ? EXIT.fail : EXIT.pass
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.interrupted
    throw error
  } finally {
    interrupt.release()
  }
}

async function findServer(text: string, flags: ReplayFlags): Promise<Target> {
  try {
    return (await findTargetQuietly(text)).target
  } catch (error) {
    if (!(error instanceof MisuseError) || flags.target !== undefined) throw error
    throw new MisuseError(`${error.message} It was examined from another folder, perhaps: go there, or name it with --target.`)
  }
}

interface ReplayTask {
  readonly evidence: ReplayEvidence
  readonly target: Target
  readonly targetText: string
  readonly flags: ReplayFlags
  readonly containment: ContainmentName | undefined
  readonly signal: AbortSignal
}

async function play({ evidence, target, targetText, flags, containment, signal }: ReplayTask): Promise<ReplayRecord> {
  const { checkId, interleaving, seed } = evidence
  const check = CHECKS.find(({ id }) => id === checkId)
  if (check === undefined) throw new MisuseError(`Expected ${checkId} to be a check, got a name that this version does not know.`)
  const startedAt = new Date()
  const startMs = performance.now()
  const clear = (): void => void (process.stderr.isTTY && process.stderr.write('\r\u001b[2K'))
  const onProgress = (text: string): void => void (process.stderr.isTTY && process.stderr.write(`\r\u001b[2K${text}`))
  const shrinkMs = flags.time * 1000
  const replayed = await replayInterleaving({
    check,
    interleaving,
    target,
    seed,
    shrinkMs,
    tries: flags.tries,
    containment,
    signal,
    onProgress,
  })
  clear()
  return {
    kind: 'assay-replay',
    version: REPLAY_RECORD_VERSION,
    checkId,
    title: check.title,
    candidate: target.kind === 'manifest' ? target.manifest.name : target.url,
    language: target.kind === 'manifest' ? target.manifest.language : 'unknown',
    target: targetText,
    seed,
    startedAt: startedAt.toISOString(),
    durationMs: performance.now() - startMs,
    given: sizeOf(interleaving.recipe),
    smallest: sizeOf(replayed.recipe),
    interleaving: { ...interleaving, recipe: replayed.recipe },
    hits: replayed.hits,
    tries: replayed.tries,
    tryMs: TRY_MS,
    withinSeconds: replayed.withinSeconds,
    ...replayed.picture,
  }
}
