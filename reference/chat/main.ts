#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander'
import { startChatService } from './chat-service.ts'
import { LIMIT_NAMES, LIMITS, flagOf, limitsAsMarkdown } from './limits.ts'
import type { Limits } from './limits.ts'
import { LOG_LEVELS, logAt } from './log.ts'
import type { LogLevel } from './log.ts'

interface Flags extends Partial<Record<keyof Limits, number>> {
  readonly transport: 'ws' | 'tcp'
  readonly host: string
  readonly port: number
  readonly wsPort?: number
  readonly tcpPort?: number
  readonly logLevel: LogLevel
  readonly limits?: true
}

const MISUSE = 64

const command = new Command('assay serve chat')
  .description('The reference chat server. One process; WebSocket and TCP clients share the same channels.')
  .addOption(new Option('--transport <name>', 'the door that gets --port').choices(['ws', 'tcp']).default('ws'))
  .addOption(new Option('--host <address>', 'address to listen on').env('HOST').default('127.0.0.1'))
  .addOption(new Option('--port <number>', 'port of that door; 0 takes a free one').env('PORT').default(7000).argParser(parsePort))
  .addOption(new Option('--ws-port <number>', 'open the WebSocket door here (with /health and /metrics)').argParser(parsePort))
  .addOption(new Option('--tcp-port <number>', 'open the TCP door here').argParser(parsePort))
  .addOption(new Option('--log-level <level>', 'how much to log').choices(LOG_LEVELS).default('info'))
  .option('--limits', 'print all limits as a table, and end')
  .addHelpText(
    'after',
    '\nExamples:\n  assay serve chat --port 7000\n  assay serve chat --port 7000 --tcp-port 7001\n  assay serve chat --transport tcp --port 7001\n  HOST=0.0.0.0 PORT=7000 assay serve chat --max-connections 5000',
  )
  .showHelpAfterError('Run with --help for all options.')
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : MISUSE))

for (const name of LIMIT_NAMES) {
  const { default: value, unit, reason } = LIMITS[name]
  command.addOption(new Option(`${flagOf(name)} <${unit}>`, reason).default(value).argParser(parseWhole))
}

const flags = command.parse().opts<Flags>()
if (flags.limits === true) process.stdout.write(`${limitsAsMarkdown()}\n`)
else await run(flags)

async function run(flags: Flags): Promise<void> {
  const log = logAt(flags.logLevel, line => process.stdout.write(line))
  try {
    const service = await startChatService({
      host: flags.host,
      wsPort: flags.wsPort ?? (flags.transport === 'ws' ? flags.port : undefined),
      tcpPort: flags.tcpPort ?? (flags.transport === 'tcp' ? flags.port : undefined),
      limits: Object.fromEntries(LIMIT_NAMES.map(name => [name, flags[name]])),
      log,
    })
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        service.stop().then(
          () => process.exit(0),
          (error: unknown) => fail(error),
        )
      })
    }
  } catch (error) {
    fail(error)
  }
}

/** A value out of range or a port in use is the user's to mend, and says so without a stack. */
function fail(error: unknown): never {
  const isTaken = error instanceof Error && 'syscall' in error && error.syscall === 'listen'
  const hint = isTaken ? '. Choose another address with --host and --port, or end what listens there.' : ''
  process.stderr.write(`chat: ${error instanceof Error ? error.message : String(error)}${hint}\n`)
  process.exit(isTaken || error instanceof RangeError ? MISUSE : 1)
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError(`Expected a port from 0 to 65535, got ${text}.`)
  return port
}

function parseWhole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError(`Expected a whole number, got ${text}.`)
  return Number(text)
}
