/** `assay calibrate`: shows on this machine that the race checks catch what they are for, and remembers it. */
import { type Command, Option } from 'commander'
import { CONTAINMENT_NAMES, type ContainmentName, decideContainment } from '../candidate/contain-level.ts'
import { MisuseError } from '../candidate/fault.ts'
import { nearMatch } from '../candidate/near-match.ts'
import { CALIBRATION_SECONDS, calibrateLanguage } from '../examine/calibrate.ts'
import { CONTROLLED_LANGUAGES } from '../examine/controls.ts'
import { UndecidedError } from '../examine/patience.ts'
import { EXIT } from './exit-code.ts'
import { runIsolated } from './isolated-command.ts'
import { abortOnInterrupt } from './interrupt.ts'

export function addCalibrateCommand(program: Command): void {
  program
    .command('calibrate')
    .summary('measure how surely races are found on this machine')
    .description(
      'Plays each race check that has controls in the language on two samples, one that has the race and one that is right, and remembers what came of ' +
        'it. A pass of a race check states it. `assay check` does so by itself for what it needs; this does beforehand as much of it as three minutes ' +
        'take (ten to forty seconds a check), and says what is left.',
    )
    .argument('<language>', `one of ${CONTROLLED_LANGUAGES.join(', ')}`)
    .addOption(
      new Option(
        '--containment <level>',
        'how strictly to contain the samples (default: strict, and refuse where the machine cannot)',
      ).choices(CONTAINMENT_NAMES),
    )
    .addHelpText('after', '\nExample:\n  assay calibrate java')
    .action(async (language: string, { containment }: { readonly containment?: ContainmentName }) => {
      process.exitCode = await calibrate(language, containment)
    })
}

async function calibrate(language: string, containment: ContainmentName | undefined): Promise<number> {
  if (!CONTROLLED_LANGUAGES.includes(language)) {
    const near = nearMatch(language, CONTROLLED_LANGUAGES)
    throw new MisuseError(
      `Expected a language with controls (${CONTROLLED_LANGUAGES.join(', ')}), got ${JSON.stringify(language)}.${near === undefined ? '' : ` Did you mean \`${near}\`?`}`,
    )
  }
  if ((containment ?? 'strict') === 'strict') {
    const exitCode = await runIsolated()
    if (exitCode !== undefined) return exitCode
  }
  process.stderr.write(`${(await decideContainment(containment)).summary}\n`)
  const interrupt = abortOnInterrupt()
  try {
    const { calibrated, left } = await calibrateLanguage({
      language,
      signal: interrupt.signal,
      onProgress: text => void process.stderr.write(`measuring ${text}\n`),
    })
    const width = Math.max(...[...calibrated.map(({ checkId }) => checkId), ...left].map(({ length }) => length))
    for (const { checkId, statement } of calibrated) process.stdout.write(`${checkId.padEnd(width)}  ${statement}\n`)
    for (const checkId of left) process.stdout.write(`${checkId.padEnd(width)}  not calibrated: the ${CALIBRATION_SECONDS} s were up\n`)
    const isSound = calibrated.every(({ answer }) => answer.rightFailedBatches === 0)
    const isSure = calibrated.every(({ answer }) => answer.batchesForFive !== null)
    if (left.length > 0) process.stdout.write('What is left, `assay check` measures where it needs it.\n')
    if (!isSound) {
      process.stdout.write(
        'A right server failed: this machine is too busy, or the check is wrong. Calibrate again with nothing else at work.\n',
      )
      return EXIT.fail
    }
    if (!isSure) process.stdout.write('Where the flawed one was not found often enough, a check that finds nothing is inconclusive.\n')
    return isSure && left.length === 0 ? EXIT.pass : EXIT.inconclusive
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.interrupted
    if (!(error instanceof UndecidedError)) throw error
    process.stdout.write(`inconclusive: ${error.message} Calibrate again with nothing else at work.\n`)
    return EXIT.inconclusive
  } finally {
    interrupt.release()
  }
}
