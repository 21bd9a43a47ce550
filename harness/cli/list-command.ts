/** `assay list`: the scenarios and candidates that Assay ships. */
import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Argument, type Command } from 'commander'
import { resolveTarget } from '../candidate/find-candidate.ts'
import { PACKAGE_ROOT } from './package-root.ts'
import { loadScenario, scenarioNames } from './scenario-files.ts'

const CANDIDATE_ROOTS = ['reference', 'candidates/peers']
const SAMPLE_ROOTS = ['candidates/samples/chat', 'candidates/samples/kv']
const WHAT = ['scenarios', 'candidates', 'samples', 'both'] as const
const MAX_DEPTH = 3
/** Where nobody's window is the limit: long enough for every first sentence. */
const PLAIN_WIDTH = 1000
const MIN_ABOUT = 20

interface Entry {
  readonly name: string
  readonly about: string
}

export function addListCommand(program: Command): void {
  program
    .command('list')
    .summary('show the scenarios and candidates that come with Assay')
    .addArgument(new Argument('[what]', 'what to show').choices(WHAT).default('both'))
    .addHelpText(
      'after',
      '\nExamples:\n  assay list\n  assay list scenarios\n  assay list samples      servers with a known fault each, and right ones',
    )
    .action(async (what: (typeof WHAT)[number]) => {
      const isBoth = what === 'both'
      if (isBoth || what === 'scenarios') show('Scenarios (assay run <name>)', shippedScenarios())
      if (isBoth) process.stdout.write('\n')
      if (isBoth || what === 'candidates') show('Candidates (assay run --target <path>)', await shippedCandidates(CANDIDATE_ROOTS))
      if (what === 'samples') show('Samples (assay check <path>)', await shippedCandidates(SAMPLE_ROOTS))
      if (isBoth)
        process.stdout.write('\n`assay list samples` shows servers with known faults; `assay new <language> <folder>` begins your own.\n')
    })
}

function show(heading: string, entries: readonly Entry[]): void {
  const nameWidth = Math.max(...entries.map(({ name }) => name.length))
  const width = Math.max(MIN_ABOUT, (process.stdout.isTTY ? process.stdout.columns : PLAIN_WIDTH) - nameWidth - 4)
  process.stdout.write(`${heading}\n`)
  for (const { name, about } of entries)
    process.stdout.write(`  ${name.padEnd(nameWidth)}  ${about.length <= width ? about : `${about.slice(0, width - 1)}…`}\n`)
}

function shippedScenarios(): Entry[] {
  return scenarioNames().map(name => ({ name, about: firstSentence(loadScenario(name, []).about) }))
}

async function shippedCandidates(roots: readonly string[]): Promise<Entry[]> {
  const manifests = roots.flatMap(root => manifestsUnder(join(PACKAGE_ROOT, root), MAX_DEPTH))
  const targets = await Promise.all(manifests.map(resolveTarget))
  return manifests.map((manifest, index) => {
    const target = targets[index]
    const about = target?.kind === 'manifest' ? (target.manifest.about ?? target.manifest.name) : ''
    return { name: relative(process.cwd(), manifest.replace(/\/candidate\.yaml$/, '')) || '.', about: firstSentence(about) }
  })
}

function manifestsUnder(folder: string, depth: number): string[] {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name))
  const own = entries.filter(entry => /^candidate(\.[\w-]+)?\.yaml$/.test(entry.name)).map(entry => join(folder, entry.name))
  if (own.length > 0 || depth === 0) return own
  return entries.filter(entry => entry.isDirectory()).flatMap(entry => manifestsUnder(join(folder, entry.name), depth - 1))
}

function firstSentence(text: string): string {
  return text.split(/(?<=\.)\s/)[0] ?? text
}
