/** `npm run bench`: the server and the generator beside their peers, in one run, interleaved, medians with ranges. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { inRounds, renderBenchPage } from '../../reports/bench-page.ts'
import { inShares, type BenchContext, type BenchPart, type BenchTable } from './bench-part.ts'
import { generatorBench } from './generator-bench.ts'
import { growthBench } from './growth-bench.ts'
import { KV_PARTS } from './kv-bench.ts'
import { memoryBench } from './memory-bench.ts'
import { serverBench } from './server-bench.ts'

const PARTS: readonly BenchPart[] = [generatorBench, serverBench, memoryBench, growthBench, ...KV_PARTS]
const MAX_MINUTES = 10
const MISUSE = 64

interface Flags {
  readonly rounds: number
  readonly minutes: number
  readonly html?: string | true
}

const command = new Command('bench')
  .description('Measures the server and the generator beside their peers.')
  .argument('[parts...]', `which parts: ${PARTS.map(part => part.name).join(', ')} (default: all)`)
  .option('--rounds <n>', 'rounds of each comparison, interleaved, at most', parseCount, 5)
  .option('--minutes <n>', 'shared among the parts; each takes one round at least', parseCount, MAX_MINUTES)
  .option('--html [file]', 'also writes a page (default: reports/out/bench.html)')
  .addHelpText(
    'after',
    `\nParts:\n${PARTS.map(part => `  ${part.name.padEnd(12)}${part.about}`).join('\n')}\n\nExamples:\n  npm run bench -- generator --rounds 3\n  npm run bench -- --html`,
  )
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : MISUSE))
  .parse()

await run(command.args, command.opts<Flags>())

async function run(names: readonly string[], flags: Flags): Promise<void> {
  const unknown = names.find(name => !PARTS.some(part => isNamed(part, name)))
  if (unknown !== undefined) {
    process.stderr.write(`Expected parts among ${PARTS.map(part => part.name).join(', ')}, got ${JSON.stringify(unknown)}.\n`)
    process.exit(MISUSE)
  }
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  const context: BenchContext = {
    rounds: flags.rounds,
    signal: controller.signal,
    endMs: performance.now() + flags.minutes * 60_000,
    say: line => void process.stderr.write(`  ${line}\n`),
  }
  process.stdout.write(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}; median (lowest to highest) of ${flags.rounds} rounds at most\n`,
  )
  const tables: BenchTable[] = []
  const wanted = PARTS.filter(part => names.length === 0 || names.some(name => isNamed(part, name)))
  for (const [part, share] of inShares(context, wanted, ({ weight = 1 }) => weight)) {
    const made = await part.run(share)
    tables.push(...made)
    for (const table of made) process.stdout.write(`\n${asText(table)}`)
  }
  if (flags.html !== undefined) {
    const file = flags.html === true ? 'reports/out/bench.html' : flags.html
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, renderBenchPage(tables))
    process.stdout.write(`\nPage ${file}\n`)
  }
}

/** `kv` names every part that begins with it. */
function isNamed(part: BenchPart, name: string): boolean {
  return part.name === name || part.name.startsWith(`${name}-`)
}

function asText({ title, note, rounds, headings, rows }: BenchTable): string {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map(row => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return `${title}\n${note} ${inRounds(rounds)}\n${[headings, ...rows].map(line).join('\n')}\n`
}

function parseCount(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= 100) return value
  throw new InvalidArgumentError('Expected a whole number from 1 to 100.')
}
