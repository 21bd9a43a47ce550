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
      'Prints docs/guide.md, or docs/guide-kv.md for the key-value store; or the parts whose headings begin with or hold the word given.',
    )
    .argument('[words...]', 'kv for the second exercise; then a stage (1, 2, 3, …) or a word of a heading')
    .addHelpText('after', '\nExamples:\n  assay guide\n  assay guide 2\n  assay guide hint\n  assay guide kv\n  assay guide kv 2')
    .action((words: readonly string[]) => {
      const isKv = words[0]?.toLowerCase() === 'kv'
      const part = (isKv ? words.slice(1) : words).join(' ') || undefined
      const parts = partsOf(readFileSync(join(PACKAGE_ROOT, 'docs', isKv ? 'guide-kv.md' : 'guide.md'), 'utf8'))
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
  const word = (/^[1-6]$/.test(wanted) ? `stage ${wanted}` : wanted).toLowerCase()
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
