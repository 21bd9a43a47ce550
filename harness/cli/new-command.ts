/** `assay new`: a starter of a language, copied to where a candidate begins to write. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { MisuseError } from '../candidate/fault.ts'
import { nearMatch } from '../candidate/near-match.ts'
import { PACKAGE_ROOT } from './package-root.ts'

const STARTERS = join(PACKAGE_ROOT, 'candidates', 'starters')
/** What a starter's folder may have gathered when it was built or run where it lies. */
const LEFT_BEHIND = new Set(['node_modules', 'build', 'out', 'target', '.cache', '__pycache__', '.DS_Store', 'chat', 'chat.jar'])
/** Names that people use for a language. */
const ALIASES: Readonly<Record<string, string>> = {
  ts: 'typescript',
  node: 'typescript',
  javascript: 'typescript',
  js: 'typescript',
  py: 'python',
  asyncio: 'python-asyncio',
  golang: 'go',
  'c++': 'cpp',
  rs: 'rust',
}

export function addNewCommand(program: Command): void {
  program
    .command('new')
    .summary('begin a chat server: a starter in a language of your choice')
    .description(
      `Copies a starter (${starterNames().join(', ')}): the network part is written, and two or three empty methods wait to be filled in.\n` +
        'Its README says what to do.',
    )
    .argument('<language>', `one of ${starterNames().join(', ')}`)
    .argument('<folder>', 'where to put it: a folder that does not exist yet, or is empty')
    .addHelpText('after', '\nExamples:\n  assay new java my-server\n  assay check my-server')
    .action((language: string, folder: string) => createFromStarter(language, folder))
}

function createFromStarter(written: string, folder: string): void {
  const language = starterOf(written)
  const path = resolve(folder)
  refuseOccupied(path)
  try {
    mkdirSync(path, { recursive: true })
    cpSync(join(STARTERS, language), path, { recursive: true, filter: source => !LEFT_BEHIND.has(basename(source)) })
    nameManifests(path)
  } catch (error) {
    throw new MisuseError(
      `Expected to be able to write to ${path}, got: ${error instanceof Error ? error.message : String(error)}. Name another folder.`,
    )
  }
  process.stdout.write(
    [
      `A ${language} starter is in ${folder}.`,
      '',
      `  1. Read ${join(folder, 'README.md')}: the task, and which file is yours.`,
      '  2. Fill in the methods that are marked TODO.',
      `  3. assay check ${folder} --watch      examines stage 1 after each save`,
      `     assay check ${folder}              examines everything`,
      '',
    ].join('\n'),
  )
}

/** @throws MisuseError naming the nearest language. */
function starterOf(written: string): string {
  const names = starterNames()
  const word = written.toLowerCase()
  const found = names.find(name => name === (ALIASES[word] ?? word))
  if (found !== undefined) return found
  const near = nearMatch(word, [...names, ...Object.keys(ALIASES)])
  const hint = near === undefined ? '' : ` Did you mean \`${ALIASES[near] ?? near}\`?`
  throw new MisuseError(
    `Expected a language that has a starter (${names.join(', ')}), got ${JSON.stringify(written)}.${hint} A server in any other language can be checked too: write its candidate.yaml.`,
  )
}

function starterNames(): string[] {
  return readdirSync(STARTERS)
    .filter(name => existsSync(join(STARTERS, name, 'candidate.yaml')))
    .sort()
}

function refuseOccupied(path: string): void {
  if (!existsSync(path)) return
  const what = statSync(path).isDirectory() ? readdirSync(path) : undefined
  if (what?.length === 0) return
  const got = what === undefined ? 'a file' : `a folder with ${what.length} ${what.length === 1 ? 'entry' : 'entries'} in it`
  throw new MisuseError(`Expected ${path} not to exist yet or to be empty, got ${got}. Name another folder; nothing was written.`)
}

/** Reports call a candidate by its manifest's name: several people's servers must not all be called after the starter. */
function nameManifests(path: string): void {
  const name = basename(path).replaceAll(/\p{C}/gu, '').trim() || 'my-server'
  for (const file of readdirSync(path).filter(entry => /^candidate(\.[\w-]+)?\.yaml$/.test(entry))) {
    const text = readFileSync(join(path, file), 'utf8')
    writeFileSync(join(path, file), text.replace(/^name:.*$/m, `name: ${JSON.stringify(name.slice(0, 100))}`))
  }
}
