/** `assay guide`: how to hold the interview, whole or one part of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { MisuseError } from '../candidate/fault.ts'
import { nearMatch } from '../candidate/near-match.ts'
import { PACKAGE_ROOT } from './package-root.ts'

interface Part {
  readonly heading: string
  readonly text: string
}

export function addGuideCommand(program: Command): void {
  program
    .command('guide')
    .summary('how to hold the interview')
    .description(
      'Prints docs/guide.md, or the parts whose headings begin with or hold the word given; without one, also what the parts are.',
    )
    .argument('[part]', 'a stage (1, 2, 3) or a word of a heading')
    .addHelpText('after', '\nExamples:\n  assay guide\n  assay guide 2\n  assay guide hint')
    .action((part: string | undefined) => {
      const parts = partsOf(readFileSync(join(PACKAGE_ROOT, 'docs', 'guide.md'), 'utf8'))
      process.stdout.write(part === undefined ? parts.map(({ text }) => text).join('') : partsNamed(part, parts))
    })
}

/** Sections of the second level, with all below them; what stands before the first is a part too. Fences are no headings. */
function partsOf(markdown: string): Part[] {
  const parts: { heading: string; text: string }[] = [{ heading: '', text: '' }]
  let isFenced = false
  for (const line of markdown.trimEnd().split('\n')) {
    if (line.startsWith('```')) isFenced = !isFenced
    const heading = isFenced ? undefined : /^## (.+)/.exec(line)?.[1]
    if (heading !== undefined) parts.push({ heading, text: '' })
    const last = parts.at(-1)
    if (last !== undefined) last.text += `${line}\n`
  }
  return parts
}

function partsNamed(wanted: string, parts: readonly Part[]): string {
  const word = (/^[123]$/.test(wanted) ? `stage ${wanted}` : wanted).toLowerCase()
  const named = parts.filter(({ heading }) => heading !== '')
  const beginning = named.filter(({ heading }) => heading.toLowerCase().startsWith(word))
  const found = beginning.length > 0 ? beginning : named.filter(({ heading }) => heading.toLowerCase().includes(word))
  if (found.length > 0) return found.map(({ text }) => text).join('\n')
  const words = [...new Set(named.flatMap(({ heading }) => heading.toLowerCase().split(/[^\p{L}\d]+/u)))].filter(one => one.length > 2)
  const near = nearMatch(word, words)
  throw new MisuseError(
    `Expected a part of the guide, got ${JSON.stringify(wanted)}.${near === undefined ? '' : ` Did you mean \`${near}\`?`} The parts are:\n` +
      named.map(({ heading }) => `  ${heading}`).join('\n'),
  )
}
