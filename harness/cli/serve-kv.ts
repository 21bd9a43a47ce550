/** `assay serve kv`: a cluster of the reference store on this machine, each node a process of its own that can be killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { MisuseError } from '../candidate/fault.ts'
import { quoteForShell } from '../../reports/text/quote-for-shell.ts'
import { EXIT } from './exit-code.ts'
import {
  addressOf,
  DEFAULT_KV_NODES,
  DEFAULT_KV_PORT,
  KV_NAMES,
  kvNodes,
  type KvNodeAddress,
  MAX_KV_NODES,
  requireNodeAddresses,
} from './kv-nodes.ts'
import { parseKvNodes, parseTcpPort } from './option-parsers.ts'
import { PACKAGE_ROOT } from './package-root.ts'
import { shownPath } from './shown-path.ts'

const ENTRY = join(PACKAGE_ROOT, 'dist', 'reference', 'kv', 'main.js')
/** A node reads its files and copies from its peers before it serves; after this long the others are shown without it. */
const READY_LIMIT_MS = 15_000
const READY_STEP_MS = 50

interface ServeKvFlags {
  readonly nodes: number
  readonly port: number
  readonly data?: string
  readonly durability: string
  readonly node?: string
}

interface StartedNode {
  readonly address: KvNodeAddress
  readonly child: ChildProcess
  /** How it ended, for a person. */
  readonly ended: Promise<string>
}

/** Stays until every node has ended. Returns the exit code. */
export async function serveKv(options: readonly string[]): Promise<number> {
  const command = describeServeKv()
  command.parse([...options], { from: 'user' })
  const flags = command.opts<ServeKvFlags>()
  if (flags.node !== undefined && !kvNodes(flags.nodes, flags.port).some(({ name }) => name === flags.node)) {
    throw new MisuseError(
      `Expected --node to be one of the cluster's ${flags.nodes} nodes, got ${flags.node}. Give the same --nodes as the cluster.`,
    )
  }
  requireNodeAddresses()
  const folder = flags.data ?? mkdtempSync(join(tmpdir(), 'assay-kv-'))
  makeFolders(folder, flags)
  try {
    return await serveCluster(flags, folder)
  } finally {
    if (flags.data === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

function describeServeKv(): Command {
  return new Command('assay serve kv')
    .description('Starts a cluster of the reference key-value store on this machine. Ctrl-C ends all of its nodes.')
    .addOption(
      new Option('--nodes <n>', `how many nodes, 1 to ${MAX_KV_NODES}: a on 127.0.0.2, b on 127.0.0.3, and so on`)
        .default(DEFAULT_KV_NODES)
        .argParser(parseKvNodes),
    )
    .addOption(new Option('--port <port>', 'the port of every node').default(DEFAULT_KV_PORT).argParser(parseTcpPort))
    .option('--data <folder>', "keeps each node's files there (default: a temporary folder, removed at the end)")
    .addOption(
      new Option('--durability <when>', 'acknowledges before the next flush (within 100 ms), or each write after it')
        .choices(['group', 'each'])
        .default('group'),
    )
    .addOption(new Option('--node <name>', 'starts this one alone: a node of a running cluster that has ended').choices(KV_NAMES))
    .addHelpText(
      'after',
      '\nExamples:\n  assay serve kv --nodes 3\n  assay serve kv --nodes 3 --data kv-data\n' +
        '  assay serve kv --nodes 3 --data kv-data --node b     # b was killed, the others still run',
    )
    .exitOverride()
}

/** Also writes each node's pid file, still empty: whether that can be done shows before any node runs. */
function makeFolders(folder: string, flags: ServeKvFlags): void {
  try {
    for (const { name } of chosenNodes(flags)) {
      mkdirSync(join(folder, name), { recursive: true })
      writeFileSync(pidFile(folder, name), '')
    }
  } catch (error) {
    throw new MisuseError(
      `Expected --data to be a folder that can be written, got: ${error instanceof Error ? error.message : String(error)}. Name another one.`,
    )
  }
}

function chosenNodes({ nodes, port, node }: ServeKvFlags): KvNodeAddress[] {
  return kvNodes(nodes, port).filter(({ name }) => node === undefined || name === node)
}

async function serveCluster(flags: ServeKvFlags, folder: string): Promise<number> {
  const all = kvNodes(flags.nodes, flags.port)
  let isStopping = false
  const started = chosenNodes(flags).map(address => startNode(address, all, folder, flags.durability))
  const everyEnd = started.map(async ({ address, child, ended }) => {
    const how = await ended
    if (!isStopping) print(`${address.name} ended (${how}). Start it again:  ${againText(address.name, flags, folder)}`)
    return child.exitCode
  })
  const passOn = (): void => {
    isStopping = true
    for (const { child } of started) child.kill('SIGTERM')
  }
  // A terminal's Ctrl-C reaches the nodes too; what is sent to this process alone is passed on.
  process.on('SIGINT', process.stdin.isTTY ? () => void (isStopping = true) : passOn)
  process.on('SIGTERM', passOn)
  await Promise.all(started.map(waitUntilItServes))
  if (!isStopping && started.some(isRunning)) print(describeCluster(started, flags, folder))
  const codes = await Promise.all(everyEnd)
  return isStopping && codes.every(code => code === 0 || code === null) ? EXIT.pass : EXIT.fail
}

function startNode(address: KvNodeAddress, all: readonly KvNodeAddress[], folder: string, durability: string): StartedNode {
  const { name, host, port } = address
  const peers = all.filter(other => other.name !== name).map(other => `${other.name}=${addressOf(other)}`)
  const place = ['--name', name, '--host', host, '--port', String(port), '--peers', peers.join(',')]
  const files = ['--data-dir', join(folder, name), '--durability', durability]
  const child = spawn(process.execPath, [ENTRY, ...place, ...files], { stdio: ['ignore', 'inherit', 'inherit'] })
  writeFileSync(pidFile(folder, name), `${child.pid ?? ''}\n`)
  const ended = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
  return { address, child, ended }
}

async function waitUntilItServes(node: StartedNode): Promise<void> {
  for (let waitedMs = 0; waitedMs < READY_LIMIT_MS && isRunning(node); waitedMs += READY_STEP_MS) {
    const answer = await fetch(`http://${addressOf(node.address)}/health`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.status === 200) return
    await sleep(READY_STEP_MS)
  }
}

function isRunning({ child: { exitCode, signalCode } }: StartedNode): boolean {
  return exitCode === null && signalCode === null
}

function describeCluster(started: readonly StartedNode[], flags: ServeKvFlags, folder: string): string {
  const rows = started.map(({ address, child }) => `  ${address.name}  http://${addressOf(address)}  pid ${child.pid ?? '?'}`)
  if (flags.node !== undefined) return `${rows.join('\n')}\nCtrl-C ends it.`
  const [first = started[0]] = started
  const last = started.at(-1)
  const name = last?.address.name ?? 'a'
  const nodes = (node: StartedNode | undefined): string => (node === undefined ? '' : ` --nodes ${addressOf(node.address)}`)
  return [
    ...rows,
    '',
    `Set and get:  npx assay kv set greeting hello${nodes(first)}`,
    `              npx assay kv get greeting${nodes(last)}`,
    `Kill a node:  kill -9 $(cat ${quoteForShell(pidFile(shownPath(folder), name))})`,
    `Start it:     ${againText(name, flags, folder)}`,
    `Ctrl-C ends all nodes${flags.data === undefined ? ' and removes their files' : ''}. A node that was started again ends where it was started.`,
  ].join('\n')
}

/** The command that starts one node of this cluster again, with the files that it left. */
function againText(name: string, flags: ServeKvFlags, folder: string): string {
  const port = flags.port === DEFAULT_KV_PORT ? [] : ['--port', String(flags.port)]
  const durability = flags.durability === 'group' ? [] : ['--durability', flags.durability]
  return [
    'npx assay serve kv --nodes',
    flags.nodes,
    '--data',
    quoteForShell(shownPath(folder)),
    ...port,
    ...durability,
    '--node',
    name,
  ].join(' ')
}

function pidFile(folder: string, name: string): string {
  return join(folder, `${name}.pid`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
