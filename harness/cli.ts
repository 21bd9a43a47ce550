/** The command line: reads argv, hands each command its own file, and turns what went wrong into a message and an exit code. */
import { Command, CommanderError } from 'commander'
import { CandidateFault, MisuseError } from './candidate/fault.ts'
import { addCalibrateCommand } from './cli/calibrate-command.ts'
import { candidateFaultText } from './cli/candidate-fault-text.ts'
import { addCheckCommand } from './cli/check-command.ts'
import { addCapacityCommand } from './cli/capacity-command.ts'
import { addCompareCommand } from './cli/compare-command.ts'
import { EXIT } from './cli/exit-code.ts'
import { addForgetCommand } from './cli/forget-command.ts'
import { addGuideCommand } from './cli/guide-command.ts'
import { addInterviewCommand } from './cli/interview-command.ts'
import { addKvCommand } from './cli/kv-command.ts'
import { addListCommand } from './cli/list-command.ts'
import { addNewCommand } from './cli/new-command.ts'
import { ASSAY_VERSION } from './cli/package-root.ts'
import { addReplayCommand } from './cli/replay-command.ts'
import { addReportCommand } from './cli/report-command.ts'
import { addRunCommand } from './cli/run-command.ts'
import { addServeCommand } from './cli/serve-command.ts'
import { terminalOptions } from './cli/terminal-options.ts'
import { ScenarioError } from './scenario/scenario-error.ts'

const program = new Command('assay')
  .description('Examines chat servers: plays thousands of users against one and says, with evidence, what is right and how far it scales.')
  .version(ASSAY_VERSION)
  .showHelpAfterError('(--help shows all options and examples)')
  .exitOverride()
  .addHelpText(
    'after',
    '\nBegin with:\n  assay new java my-server     a chat server to fill in\n  assay check my-server        what is right in it and what is not\n  assay run                    a thousand users against the reference server, and a report\n  assay list                   what can be played, and against what',
  )

addRunCommand(program)
addCheckCommand(program)
addCalibrateCommand(program)
addCapacityCommand(program)
addCompareCommand(program)
addNewCommand(program)
addReplayCommand(program)
addReportCommand(program)
addForgetCommand(program)
addGuideCommand(program)
addInterviewCommand(program)
addListCommand(program)
addServeCommand(program)
addKvCommand(program)

for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = explain(error)
}

/** Whoever reads our output may stop early (`assay list | head`): the command goes on, a run's report is still to be written. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.misuse
  if (error instanceof MisuseError || error instanceof ScenarioError) {
    process.stderr.write(`${error.message}\n`)
    return EXIT.misuse
  }
  if (error instanceof CandidateFault) {
    process.stderr.write(`${candidateFaultText(error, terminalOptions(process.stderr))}\n`)
    return EXIT.fail
  }
  process.stderr.write(
    `Assay itself failed; this is a bug of Assay, not of the server.\n${error instanceof Error ? error.stack : String(error)}\n`,
  )
  return EXIT.bug
}
