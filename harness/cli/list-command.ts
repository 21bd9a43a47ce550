/** `assay list`: the scenarios and candidates that Assay ships. */
import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Command } from 'commander'
import { resolveTarget } from '../candidate/find-candidate.ts'
import { PACKAGE_ROOT } from './package-root.ts'
import { loadScenario, scenarioNames } from './scenario-files.ts'

const CANDIDATE_ROOTS = ['reference', 'candidates/peers', 'candidates/starters', 'candidates/samples/chat']
const MAX_DEPTH = 3

export function addListCommand(program: Command): void {
  program
    .command('list')
    .summary('show the scenarios and candidates that come with Assay')
    .argument('[what]', 'scenarios, candidates, or both', 'both')
    .addHelpText('after', '\nExamples:\n  assay list\n  assay list scenarios')
    .action(async (what: string) => {
      if (what !== 'candidates') listScenarios()
      if (what !== 'scenarios') await listCandidates()
    })
}

function listScenarios(): void {
  process.stdout.write('Scenarios (assay run <name>)\n')
  for (const name of scenarioNames()) {
    const { about } = loadScenario(name, [])
    process.stdout.write(`  ${name.padEnd(18)}${firstSentence(about)}\n`)
  }
}

async function listCandidates(): Promise<void> {
  process.stdout.write('\nCandidates (assay run --target <path>)\n')
  for (const root of CANDIDATE_ROOTS) {
    for (const manifest of manifestsUnder(join(PACKAGE_ROOT, root), MAX_DEPTH)) {
      const target = await resolveTarget(manifest)
      const path = relative(process.cwd(), manifest.replace(/\/candidate\.yaml$/, ''))
      const about = target.kind === 'manifest' ? (target.manifest.about ?? target.manifest.name) : ''
      process.stdout.write(`  ${path.padEnd(58)}${firstSentence(about)}\n`)
    }
  }
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
