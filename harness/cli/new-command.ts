/** `assay new`: a starter of a language, copied to where a candidate begins to write. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { MisuseError } from '../candidate/fault.ts'
import { nearMatch } from '../candidate/near-match.ts'
import { quoteForShell } from '../../reports/text/quote-for-shell.ts'
import { PACKAGE_ROOT } from './package-root.ts'

const STARTERS = join(PACKAGE_ROOT, 'candidates', 'starters')
const EXERCISES = ['chat', 'kv'] as const
type Exercise = (typeof EXERCISES)[number]
/** Folders of the second exercise are called so: `kv-java`. */
const KV_PREFIX = 'kv-'
/** What `assay check --quick` examines. */
const QUICK_TEXT: Readonly<Record<Exercise, string>> = {
  chat: 'stage 1, hostile input and two checks of stage 2',
  kv: 'some checks of stages 1 to 5, and hostile requests',
}
/** What a starter's folder may have gathered when it was built or run where it lies. */
const LEFT_BEHIND = new Set([
  'node_modules',
  'build',
  'out',
  'target',
  '.cache',
  '__pycache__',
  '.DS_Store',
  'chat',
  'chat.jar',
  'kv',
  'kv.jar',
  'data',
])
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
    .summary('begin a chat server or a key-value store: a starter in a language of your choice')
    .description(
      `Copies a starter: the network part is written, and a few empty methods wait to be filled in. Its README says what to do. ` +
        `A chat server in ${languagesOf('chat').join(', ')}; a key-value store in ${languagesOf('kv').join(', ')}.`,
    )
    .argument('<language>', `one of ${languagesOf('chat').join(', ')}; or, for a key-value store, ${KV_PREFIX}java and so on`)
    .argument('<folder>', 'where to put it: a folder that does not exist yet, or is empty')
    .addOption(new Option('--exercise <name>', 'what to write: a chat server, or a key-value store').choices(EXERCISES))
    .addHelpText('after', '\nExamples:\n  assay new java my-server\n  assay check my-server\n  assay new java my-store --exercise kv')
    .action((language: string, folder: string, { exercise }: { exercise?: Exercise }) => createFromStarter({ language, exercise, folder }))
}

interface Wanted {
  /** As it was written. */
  readonly language: string
  readonly exercise: Exercise | undefined
  readonly folder: string
}

function createFromStarter({ language, exercise, folder }: Wanted): void {
  const starter = starterOf(language, exercise)
  const path = resolve(folder)
  refuseOccupied(path)
  try {
    mkdirSync(path, { recursive: true })
    cpSync(join(STARTERS, starter), path, { recursive: true, filter: source => !LEFT_BEHIND.has(basename(source)) })
    nameManifests(path)
  } catch (error) {
    throw new MisuseError(
      `Expected to be able to write to ${path}, got: ${error instanceof Error ? error.message : String(error)}. Name another folder.`,
    )
  }
  const quoted = quoteForShell(folder)
  process.stdout.write(
    [
      `A ${starter} starter is in ${folder}.`,
      '',
      `  1. Read ${join(folder, 'README.md')}: the task, and which file is yours.`,
      '  2. Fill in the methods that are marked TODO.',
      `  3. assay check ${quoted} --watch      examines stage 1 after each save, up to the first failure`,
      `     assay check ${quoted} --quick      ${QUICK_TEXT[exerciseOfStarter(starter)]}, in short`,
      `     assay check ${quoted}              everything; takes minutes, and far longer while methods are empty`,
      '',
    ].join('\n'),
  )
}

/** The folder of a starter. @throws MisuseError naming the nearest language, or exercises that contradict each other. */
function starterOf(written: string, asked: Exercise | undefined): string {
  const lower = written.toLowerCase()
  const isKv = lower.startsWith(KV_PREFIX)
  if (isKv && asked === 'chat') {
    throw new MisuseError(
      `Expected the language of a chat server, got ${JSON.stringify(written)} with --exercise chat. Leave one of the two exercises out.`,
    )
  }
  const exercise = isKv ? 'kv' : (asked ?? 'chat')
  const word = isKv ? lower.slice(KV_PREFIX.length) : lower
  const names = languagesOf(exercise)
  const found = names.find(name => name === (ALIASES[word] ?? word))
  if (found !== undefined) return exercise === 'kv' ? `${KV_PREFIX}${found}` : found
  const near = nearMatch(word, [...names, ...Object.keys(ALIASES).filter(alias => names.includes(ALIASES[alias] ?? ''))])
  const hint = near === undefined ? '' : ` Did you mean \`${ALIASES[near] ?? near}\`?`
  const what = exercise === 'kv' ? 'a starter for a key-value store' : 'a starter'
  throw new MisuseError(
    `Expected a language that has ${what} (${names.join(', ')}), got ${JSON.stringify(written)}.${hint} A server in any other language can be checked too: write its candidate.yaml.`,
  )
}

function exerciseOfStarter(name: string): Exercise {
  return name.startsWith(KV_PREFIX) ? 'kv' : 'chat'
}

/** In which languages an exercise has a starter. */
function languagesOf(exercise: Exercise): string[] {
  return readdirSync(STARTERS)
    .filter(name => existsSync(join(STARTERS, name, 'candidate.yaml')) && exerciseOfStarter(name) === exercise)
    .map(name => (exercise === 'kv' ? name.slice(KV_PREFIX.length) : name))
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
