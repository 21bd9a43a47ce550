/** `assay serve`: starts a reference server by hand, as a process of its own like any candidate. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { MisuseError } from '../candidate/fault.ts'
import { EXIT } from './exit-code.ts'
import { PACKAGE_ROOT } from './package-root.ts'
import { serveKv } from './serve-kv.ts'

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .summary('start a reference server to play with')
    .description(
      'Starts a reference server and hands it all further options: a chat server, or a cluster of the key-value store.\n`assay serve chat --help` and `assay serve kv --help` show them.',
    )
    .argument('<exercise>', 'which reference server: chat or kv')
    .argument('[options...]', 'options of that server')
    .allowUnknownOption()
    .helpOption(false)
    .addHelpText(
      'after',
      '\nExamples:\n  assay serve chat --port 7000\n  assay serve chat --port 7000 --tcp-port 7001 --log-level debug\n  assay serve kv --nodes 3',
    )
    .action(async (exercise: string, options: readonly string[], _flags: unknown, command: Command) => {
      if (exercise === '--help' || exercise === '-h') command.outputHelp()
      else process.exitCode = exercise === 'kv' ? await serveKv(options) : await serve(exercise, options)
    })
}

async function serve(exercise: string, options: readonly string[]): Promise<number> {
  const entry = join(PACKAGE_ROOT, 'dist', 'reference', exercise, 'main.js')
  if (!/^[a-z]+$/.test(exercise) || !existsSync(entry))
    throw new MisuseError(`Expected \`chat\` or \`kv\`, got ${JSON.stringify(exercise)}. Try \`assay serve chat\`.`)
  const server = spawn(process.execPath, [entry, ...options], { stdio: 'inherit' })
  // A terminal's Ctrl-C reaches the server too; what is sent to this process alone is passed on. The server decides when it ends.
  const passOn = (signal: NodeJS.Signals): void => void server.kill(signal)
  const ignore = (): void => undefined
  process.on('SIGINT', process.stdin.isTTY ? ignore : passOn)
  process.on('SIGTERM', passOn)
  return await new Promise(resolve => server.once('exit', code => resolve(code ?? EXIT.fail)))
}
