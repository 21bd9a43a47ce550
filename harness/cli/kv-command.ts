/** `assay kv`: reads and writes keys on a cluster, through the reference store's own client in a process of its own. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { EXIT } from './exit-code.ts'
import { addressOf, DEFAULT_KV_NODES, DEFAULT_KV_PORT, kvNodes } from './kv-nodes.ts'
import { PACKAGE_ROOT } from './package-root.ts'

const CLIENT = join(PACKAGE_ROOT, 'dist', 'reference', 'kv', 'kv-client-main.js')
/** Where `assay serve kv` listens unless told otherwise. */
const SERVED = kvNodes(DEFAULT_KV_NODES, DEFAULT_KV_PORT).map(addressOf).join(',')

export function addKvCommand(program: Command): void {
  const kv = program
    .command('kv')
    .summary('get, set and delete keys on a key-value cluster')
    .description(
      'Reads and writes keys on a cluster: round-robin over its nodes, with the next one tried where one does not answer, for 5 s in all.\n' +
        'Works with any store that speaks the contract. Ends with 1 where the key is absent, with 2 where no node answered.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  assay kv set greeting hello\n  assay kv get greeting --nodes 127.0.0.4:7400\n  assay kv set photo < photo.png --nodes 127.0.0.2:7400,127.0.0.3:7400\n  assay kv delete greeting',
    )
  kv.command('get <key>')
    .description(
      'prints the value, byte for byte and nothing else (in a terminal a line end is added); ends with 1 where the key is absent',
    )
    .addOption(nodesOption())
    .addHelpText('after', '\nExamples:\n  assay kv get greeting\n  assay kv get photo --nodes 127.0.0.4:7400 > photo.png')
    .action(async (key: string, flags: { readonly nodes: string }) => await runClient(flags.nodes, ['get', key]))
  kv.command('set <key> [value]')
    .description('stores a value; without one it is read from the standard input')
    .addOption(nodesOption())
    .addHelpText('after', '\nExamples:\n  assay kv set greeting hello\n  assay kv set photo < photo.png')
    .action(
      async (key: string, value: string | undefined, flags: { readonly nodes: string }) =>
        await runClient(flags.nodes, value === undefined ? ['set', key] : ['set', key, value]),
    )
  kv.command('delete <key>')
    .description('deletes a key, whether or not it is there')
    .addOption(nodesOption())
    .addHelpText('after', '\nExample:\n  assay kv delete greeting --nodes 127.0.0.2:7400,127.0.0.3:7400')
    .action(async (key: string, flags: { readonly nodes: string }) => await runClient(flags.nodes, ['delete', key]))
}

function nodesOption(): Option {
  return new Option('--nodes <list>', 'host:port of each node, separated by commas').default(SERVED, 'where `assay serve kv` listens')
}

async function runClient(nodes: string, [action = '', ...words]: readonly string[]): Promise<void> {
  // What follows `--` is never taken for an option: a key or a value may begin with a dash.
  const client = spawn(process.execPath, [CLIENT, action, '--', ...words], { stdio: 'inherit', env: { ...process.env, NODES: nodes } })
  process.exitCode = await new Promise<number>((resolve, reject) => {
    client.once('error', reject)
    client.once('exit', code => resolve(code ?? EXIT.interrupted))
  })
}
