#!/usr/bin/env node
import { buffer } from 'node:stream/consumers'
import { Command, Option } from 'commander'
import { KvClient } from './kv-client.ts'

const ABSENT = 1
const UNAVAILABLE = 2
const MISUSE = 64

const command = new Command('kv-client')
  .description('Reads and writes keys on a cluster: round-robin, with the next node tried where one fails.')
  .addOption(new Option('--nodes <list>', 'host:port of each node, separated by commas').env('NODES').default('127.0.0.1:7400'))
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : MISUSE))

command
  .command('get <key>')
  .description('print the value, byte for byte (in a terminal a line end is added); ends with 1 where the key is absent')
  .action((key: string) =>
    run(async client => {
      const value = await client.get(key)
      if (value === undefined) process.exitCode = ABSENT
      else {
        process.stdout.write(value)
        if (process.stdout.isTTY) process.stdout.write('\n')
      }
    }),
  )
command
  .command('set <key> [value]')
  .description('store a value; without one it is read from the standard input')
  .action((key: string, value?: string) => run(async client => await client.set(key, value ?? (await buffer(process.stdin)))))
command
  .command('delete <key>')
  .description('delete a key, whether or not it is there')
  .action((key: string) => run(client => client.delete(key)))

await command.parseAsync()

async function run(action: (client: KvClient) => Promise<void>): Promise<void> {
  try {
    const client = new KvClient({ nodes: command.opts<{ nodes: string }>().nodes.split(',') })
    await action(client).finally(() => client.close())
  } catch (error) {
    process.stderr.write(`kv: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = error instanceof RangeError ? MISUSE : UNAVAILABLE
  }
}
