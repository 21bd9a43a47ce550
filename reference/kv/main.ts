#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { LIMITS } from './limits.ts'
import { startNode } from './node.ts'
import { parsePeers } from './peer-address.ts'
import { DURABILITIES, type Durability } from './saved-store.ts'

interface Flags {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly peers: string
  readonly peersFile?: string
  readonly dataDir: string
  readonly durability: Durability
  readonly snapshotAfter: number
}

const MISUSE = 64
const MEBIBYTE = 1024 * 1024
const MAX_MEBIBYTES = 1_000_000

const command = new Command('kv')
  .description('One node of the reference key-value store: in memory, saved to files, replicated to its peers.')
  .addOption(new Option('--name <name>', "this node's name").env('NODE').default('a'))
  .addOption(new Option('--host <address>', 'address to listen on').env('HOST').default('127.0.0.1'))
  .addOption(new Option('--port <number>', 'port for clients and peers; 0 takes a free one').env('PORT').default(7400).argParser(parsePort))
  .addOption(new Option('--peers <list>', 'the other nodes, name=host:port, separated by commas').env('PEERS').default(''))
  .addOption(new Option('--peers-file <path>', 'the same from a file, one a line'))
  .addOption(new Option('--data-dir <folder>', "this node's own folder, kept over restarts").env('DATA_DIR').default('./kv-data'))
  .addOption(
    new Option('--durability <when>', 'acknowledge before the next flush (within 100 ms), or each write after it')
      .env('DURABILITY')
      .choices(DURABILITIES)
      .default('group'),
  )
  .addOption(
    new Option('--snapshot-after <mebibytes>', 'how large the log may grow, or as large as the data where that is more')
      .env('SNAPSHOT_AFTER')
      .default(LIMITS.minLogBytesToSnapshot / MEBIBYTE)
      .argParser(parseMebibytes),
  )
  .addHelpText(
    'after',
    '\nExample:\n  kv --name a --host 127.0.0.2 --port 7400 --peers b=127.0.0.3:7400,c=127.0.0.4:7400 --data-dir data/a',
  )
  .showHelpAfterError('Run with --help for all options.')
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : MISUSE))

await run(command.parse().opts<Flags>())

async function run(flags: Flags): Promise<void> {
  const { name, host, port, dataDir, durability, snapshotAfter } = flags
  const say = (line: string): void => void process.stdout.write(`${name}: ${line}\n`)
  // A signal may come while the node still starts; nothing is acknowledged by then, so there is nothing to lose.
  let stop = async (): Promise<void> => undefined
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stop().then(() => process.exit(0), fail)
    })
  }
  try {
    const peers = parsePeers(`${flags.peers}\n${readPeersFile(flags.peersFile)}`, { name, host, port })
    const node = await startNode({ host, port, peers, folder: dataDir, durability, minLogBytesToSnapshot: snapshotAfter * MEBIBYTE, say })
    stop = () => node.stop()
    say(`serves http://${host}:${node.port}, ${peers.length} peers, data in ${dataDir}`)
  } catch (error) {
    fail(error)
  }
}

/** @throws RangeError where it cannot be read. */
function readPeersFile(path: string | undefined): string {
  if (path === undefined) return ''
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RangeError(`Expected --peers-file to be a file with peers as name=host:port, one a line, got ${path}: ${reason}.`)
  }
}

/** A wrong peer list or a port in use is the user's to mend, and says so without a stack. */
function fail(error: unknown): never {
  const isTaken = error instanceof Error && 'syscall' in error && error.syscall === 'listen'
  const hint = isTaken ? '. Choose another address with --host and --port, or end what listens there.' : ''
  process.stderr.write(`kv: ${error instanceof Error ? error.message : String(error)}${hint}\n`)
  process.exit(isTaken || error instanceof RangeError ? MISUSE : 1)
}

function parseMebibytes(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > MAX_MEBIBYTES)
    throw new InvalidArgumentError(`Expected 1 to ${MAX_MEBIBYTES}, got ${text}.`)
  return value
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError(`Expected a port from 0 to 65535, got ${text}.`)
  return port
}
