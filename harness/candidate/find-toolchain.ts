import { execFile } from 'node:child_process'
import { existsSync, realpathSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { packageFolder } from './assay-package.ts'

/** What a language needs to be built and run, wherever this machine keeps it. */
export type Toolchain = {
  /** Folders to put first into PATH. */
  readonly pathFolders: readonly string[]
  /** Paths outside /usr and the like that a contained candidate must see, read-only. */
  readonly readOnlyPaths: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Packages to link into the candidate's node_modules: name and real folder. */
  readonly packages: ReadonlyMap<string, string>
  /** Changes when the toolchain does; part of a build's key. */
  readonly fingerprint: string
}

/** Always there in PATH, in containment or not. */
const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
/** Always visible in containment; what lies below needs no path of its own. */
export const SYSTEM_FOLDERS = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/opt'] as const
const ASK_TIMEOUT_MS = 10_000

const known = new Map<string, Promise<Toolchain>>()

/** Looks once a language and process; a language that Assay does not know gets what lies in the system's folders, and Node. */
export async function findToolchain(language: string): Promise<Toolchain> {
  const found = known.get(language) ?? look(language)
  known.set(language, found)
  return await found
}

/** PATH for a candidate: its toolchain, then the system's folders; the rest of our own PATH is not its business. */
export function pathOf(toolchain: Toolchain): string {
  return [...toolchain.pathFolders, ...SYSTEM_PATH].join(delimiter)
}

async function look(language: string): Promise<Toolchain> {
  const node = installation(dirname(dirname(process.execPath)), process.execPath)
  const own = await lookFor(language)
  const packages = language === 'typescript' || language === 'javascript' ? nodePackages() : new Map<string, string>()
  const readOnlyPaths = [...node, ...own.folders, ...packages.values()].filter(isOutsideSystem)
  return {
    pathFolders: [...own.folders.map(folder => join(folder, 'bin')).filter(existsSync), dirname(process.execPath)],
    readOnlyPaths: [...new Set(readOnlyPaths)],
    env: own.env,
    packages,
    fingerprint: [process.version, ...own.folders, ...own.programs.map(fingerprintOf), ...packages.values()].join('\n'),
  }
}

type Found = { folders: string[]; env: Record<string, string>; programs: string[] }

async function lookFor(language: string): Promise<Found> {
  switch (language) {
    case 'python':
      return await lookForPython()
    case 'rust': {
      const sysroot = await ask('rustc', ['--print', 'sysroot'])
      const env = { CARGO_NET_OFFLINE: 'true', CARGO_TERM_COLOR: 'never' }
      return sysroot === undefined ? nothing() : { folders: [sysroot], env, programs: [join(sysroot, 'bin', 'rustc')] }
    }
    case 'go': {
      const root = await ask('go', ['env', 'GOROOT'])
      const env = { GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false', GOTELEMETRY: 'off' }
      return root === undefined ? nothing() : { folders: [root], env, programs: [join(root, 'bin', 'go')] }
    }
    case 'java':
      return lookInPath('javac')
    case 'cpp':
      return { ...nothing(), programs: ['/usr/bin/c++', '/usr/bin/g++'] }
    default:
      return nothing()
  }
}

/** Version managers put scripts into PATH that need the home directory; the interpreter itself knows where it is really installed. */
async function lookForPython(): Promise<Found> {
  const told = await ask('python3', ['-c', 'import sys; print(sys.executable); print(sys.prefix); print(sys.base_prefix)'])
  const [program, ...prefixes] = told?.split('\n') ?? []
  if (program === undefined) return nothing()
  // Output is shown as it is printed, and bytecode would have nowhere to go: the folder is read-only while the server runs.
  const env = { PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' }
  return { folders: [...new Set(prefixes)].filter(folder => folder !== '/usr'), env, programs: [program] }
}

function lookInPath(program: string): Found {
  const file = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map(folder => join(folder, program))
    .find(existsSync)
  if (file === undefined) return nothing()
  const real = realpathSync(file)
  return { folders: [dirname(dirname(real))], env: {}, programs: [real] }
}

/** TypeScript and `ws` count as toolchain: with them a candidate needs no package registry. */
function nodePackages(): Map<string, string> {
  const names = [
    'ws',
    'typescript',
    '@types/node',
    '@types/ws',
    'undici-types',
    `@typescript/typescript-${process.platform}-${process.arch}`,
  ]
  return new Map(
    names.flatMap(name => {
      const folder = packageFolder(name)
      return folder === undefined ? [] : [[name, folder] as const]
    }),
  )
}

/** A program of a version manager brings its installation; one that somebody put into ~/bin must not bring the home directory. */
function installation(prefix: string, program: string): string[] {
  return existsSync(join(prefix, 'lib', 'node_modules')) || existsSync(join(prefix, 'include', 'node')) ? [prefix] : [program]
}

function isOutsideSystem(path: string): boolean {
  return !SYSTEM_FOLDERS.some(folder => path === folder || path.startsWith(`${folder}/`))
}

function fingerprintOf(program: string): string {
  const found = statSync(program, { throwIfNoEntry: false })
  return found === undefined ? `${program} missing` : `${realpathSync(program)} ${found.size} ${found.mtimeMs}`
}

function nothing(): Found {
  return { folders: [], env: {}, programs: [] }
}

async function ask(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, [...args], { cwd: '/', timeout: ASK_TIMEOUT_MS })
    return stdout.trim() || undefined
  } catch {
    // Not installed, or not willing: then the candidate's own command will say so, in its own words.
    return undefined
  }
}
