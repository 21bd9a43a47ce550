import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { stringify } from 'yaml'
import { z } from 'zod'
import { quoteForShell } from './quote-for-shell.ts'

/** A manifest that was guessed from a folder's contents: to be shown, and written only when the person agrees. */
export type GuessedManifest = {
  /** The text of a `candidate.yaml`. */
  readonly yaml: string
  /** What it was guessed from, one sentence each; what had to be assumed is said too. */
  readonly reasons: readonly string[]
}

type Guess = { language: string; build?: string; run: string; why: string }
type Folder = { readonly path: string; readonly names: readonly string[]; readonly read: (name: string) => Promise<string> }

const packageSchema = z.object({
  main: z.string().optional(),
  scripts: z.record(z.string(), z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
})
/** So much of each source is read to see which contract and transport it speaks. */
const LOOKED_AT_CHARACTERS = 200_000
/** Where sources lie, besides the folder itself. */
const SOURCE_FOLDER = 'src'
/** More are not read: what a server speaks stands in one of the first. */
const MAX_SOURCES = 200
/** A path in a string, a pattern or a sentence; not one of a module, such as `example.com/kv/store`. */
const KV_PATH = /["'`\s^\\]\/kv\\?\//
/** What only nodes of a store are told. */
const KV_SETTING = /\b(PEERS|DATA_DIR)\b/
const SOURCE = /\.(m?[jt]s|cjs|py|java|go|rs|cpp|cc|cxx|h|hpp)$/

/** What a `candidate.yaml` for this folder would most likely say; `undefined` when nothing in it is known to us. */
export async function guessManifest(path: string): Promise<GuessedManifest | undefined> {
  const folder: Folder = {
    path,
    names: (await readdir(path)).sort(),
    read: async name => await readFile(join(path, name), 'utf8'),
  }
  const guess = await firstGuess(folder)
  if (guess === undefined) return undefined
  const { exercise, transport, why } = await guessContract(folder)
  const { build, run, language } = guess
  const fields = { name: basename(path), exercise, language, transport, ...(build === undefined ? {} : { build }), run }
  return { yaml: stringify(fields, { lineWidth: 0 }), reasons: [guess.why, why] }
}

async function firstGuess(folder: Folder): Promise<Guess | undefined> {
  // The surest signs first: a build file says more than a source that may be a script beside it.
  for (const look of [guessCargo, guessGo, guessNode, guessCmake, guessMake, guessJava, guessPython, guessCpp]) {
    const guess = await look(folder)
    if (guess !== undefined) return guess
  }
  return undefined
}

async function guessCargo({ names, read }: Folder): Promise<Guess | undefined> {
  if (!names.includes('Cargo.toml')) return undefined
  const name = /^\s*name\s*=\s*"([^"]+)"/m.exec(await read('Cargo.toml'))?.[1] ?? 'server'
  return {
    language: 'rust',
    build: 'cargo build --release',
    run: `exec ${quoteForShell(`./target/release/${name}`)}`,
    why: `Cargo.toml names the package ${name}.`,
  }
}

async function guessGo({ names }: Folder): Promise<Guess | undefined> {
  if (!names.includes('go.mod')) return undefined
  return { language: 'go', build: 'go build -o server .', run: 'exec ./server', why: 'There is a go.mod.' }
}

async function guessNode({ names, read }: Folder): Promise<Guess | undefined> {
  const main = names.find(name => /^(main|server|index)\.(mjs|cjs|js)$/.test(name))
  const language = names.includes('tsconfig.json') ? 'typescript' : 'javascript'
  if (!names.includes('package.json')) {
    return main === undefined ? undefined : { language, run: `exec node ${main}`, why: `There is a ${main}.` }
  }
  const parsed = packageSchema.safeParse(parseJson(await read('package.json')))
  const { scripts = {}, main: entry } = parsed.data ?? {}
  const own = scripts['build'] === undefined ? undefined : 'npm run build'
  const build = own ?? (language === 'typescript' ? 'tsc' : undefined)
  const file = entry ?? main
  const run = scripts['start'] ?? (file === undefined ? undefined : `exec node ${quoteForShell(file)}`)
  if (run === undefined) return undefined
  const why =
    scripts['start'] === undefined ? 'package.json or a file name says what to run.' : 'The start script of package.json says what to run.'
  return { language, ...(build === undefined ? {} : { build }), run, why }
}

async function guessCmake({ names, read }: Folder): Promise<Guess | undefined> {
  if (!names.includes('CMakeLists.txt')) return undefined
  const target = /add_executable\s*\(\s*([\w.-]+)/i.exec(await read('CMakeLists.txt'))?.[1] ?? 'server'
  const build = 'cmake -S . -B build -DCMAKE_BUILD_TYPE=Release && cmake --build build'
  return { language: 'cpp', build, run: `exec ./build/${target}`, why: `CMakeLists.txt makes the program ${target}.` }
}

async function guessMake({ names, read }: Folder): Promise<Guess | undefined> {
  const makefile = names.find(name => /^(GNUmakefile|[Mm]akefile)$/.test(name))
  if (makefile === undefined) return undefined
  const text = await read(makefile)
  const target = /\s-o\s+([\w./-]+)/.exec(text)?.[1] ?? /^(?!all\b|clean\b|run\b|\.)([\w.-]+)\s*:/m.exec(text)?.[1] ?? 'server'
  const language = names.some(name => name.endsWith('.go')) ? 'go' : 'cpp'
  return {
    language,
    build: 'make',
    run: `exec ./${target}`,
    why: `${makefile} seems to make the program ${target}; correct \`run\` if it does not.`,
  }
}

async function guessJava({ names, read }: Folder): Promise<Guess | undefined> {
  const sources = names.filter(name => name.endsWith('.java'))
  if (sources.length === 0) return undefined
  const mains: string[] = []
  for (const name of sources) if (/\bstatic\s+void\s+main\s*\(/.test(await read(name))) mains.push(name)
  const main = mains.find(name => /^(Main|Server|ChatServer)\.java$/.test(name)) ?? mains[0]
  if (main === undefined) return undefined
  const packageName = /^\s*package\s+([\w.]+)\s*;/m.exec(await read(main))?.[1]
  const mainClass = [...(packageName === undefined ? [] : [packageName]), main.replace(/\.java$/, '')].join('.')
  return {
    language: 'java',
    build: 'javac -d build *.java',
    run: `exec java -cp build ${quoteForShell(mainClass)}`,
    why: `${main} has a main method.`,
  }
}

async function guessPython({ names }: Folder): Promise<Guess | undefined> {
  const python = names.filter(name => name.endsWith('.py'))
  const main =
    ['main.py', 'server.py', 'app.py', 'chat.py'].find(name => python.includes(name)) ?? (python.length === 1 ? python[0] : undefined)
  return main === undefined ? undefined : { language: 'python', run: `exec python3 ${quoteForShell(main)}`, why: `There is a ${main}.` }
}

async function guessCpp({ names }: Folder): Promise<Guess | undefined> {
  const sources = names.filter(name => /\.(cpp|cc|cxx)$/.test(name))
  if (sources.length === 0) return undefined
  const build = `g++ -std=c++20 -O2 -pthread -o server ${sources.map(quoteForShell).join(' ')}`
  return { language: 'cpp', build, run: 'exec ./server', why: 'There are C++ sources and nothing that builds them.' }
}

interface Contract {
  readonly exercise: 'chat' | 'kv'
  readonly transport: 'ws' | 'tcp' | 'http'
  readonly why: string
}

/** A key-value store only where the sources plainly say so. */
async function guessContract(folder: Folder): Promise<Contract> {
  const sources = await readSources(folder)
  const door = sources.find(({ text }) => KV_PATH.test(text))
  const settings = sources.map(({ name, text }) => ({ name, setting: KV_SETTING.exec(text)?.[1] }))
  const told = settings.find(({ setting }) => setting !== undefined)
  if (door !== undefined && told?.setting !== undefined) {
    const why = `${door.name} mentions the path /kv/ and ${told.name} ${told.setting}, so the exercise is kv and the transport http.`
    return { exercise: 'kv', transport: 'http', why }
  }
  const socket = sources.find(({ text }) => /websocket|['"]ws['"]|Sec-WebSocket/i.test(text))
  return socket === undefined
    ? {
        exercise: 'chat',
        transport: 'tcp',
        why: 'Nothing mentions WebSocket, so the transport is taken to be tcp; correct it if it is not.',
      }
    : { exercise: 'chat', transport: 'ws', why: `${socket.name} mentions WebSocket, so the transport is ws.` }
}

async function readSources({ path, names, read }: Folder): Promise<{ name: string; text: string }[]> {
  const within = names.includes(SOURCE_FOLDER) ? await readdir(join(path, SOURCE_FOLDER)).catch(() => []) : []
  const all = [...names, ...within.sort().map(name => `${SOURCE_FOLDER}/${name}`)]
  const looked = all.filter(name => SOURCE.test(name) || name === 'package.json').slice(0, MAX_SOURCES)
  const sources: { name: string; text: string }[] = []
  for (const name of looked) sources.push({ name, text: (await read(name)).slice(0, LOOKED_AT_CHARACTERS) })
  return sources
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
