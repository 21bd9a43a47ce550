import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { MisuseError } from './fault.ts'
import { baseOf, parseManifest, type Manifest, type ManifestSource } from './manifest.ts'

/** A server that Assay starts itself. */
export type ManifestTarget = {
  readonly kind: 'manifest'
  readonly manifest: Manifest
  /** The candidate's own folder, absolute. */
  readonly folder: string
  /** The folder that `base` names, absolute; `undefined` when the candidate stands alone. */
  readonly baseFolder: string | undefined
  /** The manifest's file, absolute. */
  readonly file: string
}

/** A server that already listens; only what its sockets show can be judged. */
export type UrlTarget = {
  readonly kind: 'url'
  readonly transport: 'ws' | 'tcp' | 'http'
  readonly host: string
  readonly port: number
  readonly url: string
}

export type Target = ManifestTarget | UrlTarget

/**
 * What a person named on the command line: a folder with a `candidate.yaml`, a manifest's file, or `ws://host:port`, `tcp://host:port`
 * (`http://host:port` for kv).
 *
 * @throws MisuseError when it is none of these, or its manifest is wrong. A folder without a manifest gives `MissingManifestError`.
 */
export async function resolveTarget(target: string): Promise<Target> {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(target)) return parseUrl(target)
  const path = resolve(target)
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw notThere(target)
  if (!found.isDirectory()) return await readManifestTarget(path)
  const file = join(path, 'candidate.yaml')
  if (await isFile(file)) return await readManifestTarget(file)
  throw new MissingManifestError(path)
}

/** The folder is there, but has no `candidate.yaml`: one can be guessed with `guessManifest`. */
export class MissingManifestError extends MisuseError {
  readonly folder: string

  constructor(folder: string) {
    super(
      `Expected ${folder} to hold a candidate.yaml, got a folder without one. ` +
        'Write one (name, language, transport and run are required), or name another manifest file in it.',
    )
    this.folder = folder
  }
}

function parseUrl(target: string): UrlTarget {
  const expected = 'Expected a server to be named as ws://host:port, tcp://host:port or http://host:port'
  if (!URL.canParse(target)) throw new MisuseError(`${expected}, got ${target}. Give host and port, e.g. ws://127.0.0.1:7000.`)
  const url = new URL(target)
  const transport = url.protocol.slice(0, -1)
  if (transport === 'wss' || transport === 'https') {
    throw new MisuseError(
      `${expected}, got ${target}. Encrypted connections are not supported: name the port behind the proxy that ends them.`,
    )
  }
  if (transport !== 'ws' && transport !== 'tcp' && transport !== 'http') {
    throw new MisuseError(`${expected}, got the scheme ${transport}. Did you mean ws://${url.host}?`)
  }
  const port = portOf(target)
  if (port === undefined) {
    throw new MisuseError(
      `${expected} with a port from 1 to 65535, got ${target}. Add the port, e.g. ${transport}://${url.hostname || '127.0.0.1'}:7000.`,
    )
  }
  if (url.hostname === '' || !['', '/'].includes(url.pathname) || url.search !== '') {
    throw new MisuseError(`${expected}, got ${target}. Leave out everything after the port: the protocol is spoken at /.`)
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return { kind: 'url', transport, host, port, url: `${transport}://${url.hostname}:${port}` }
}

/** The port as written: `URL` drops it where it equals the scheme's default (ws://host:80). */
function portOf(target: string): number | undefined {
  const match = /^[^/]*\/\/[^/?#]*:(\d{1,5})(?:[/?#]|$)/.exec(target)
  const port = Number(match?.[1] ?? 0)
  return port >= 1 && port <= 65_535 ? port : undefined
}

async function readManifestTarget(file: string): Promise<ManifestTarget> {
  if (!/\.ya?ml$/.test(file)) {
    throw new MisuseError(`Expected a folder or a manifest that ends in .yaml, got ${file}. Name the folder that holds its candidate.yaml.`)
  }
  const folder = dirname(file)
  const source = await readSource(file)
  const base = await readBase(source, folder)
  const manifest = parseManifest(source, base?.source)
  return { kind: 'manifest', manifest, folder, baseFolder: base?.folder, file }
}

async function readBase(overlay: ManifestSource, folder: string): Promise<{ folder: string; source: ManifestSource } | undefined> {
  const named = baseOf(overlay)
  if (named === undefined) return undefined
  const baseFolder = resolve(folder, named)
  refuseForeignBase(overlay.file, folder, baseFolder)
  // A variant such as candidate.tcp.yaml is laid over the base's variant of the same name where the base has one.
  const variant = join(baseFolder, basename(overlay.file))
  const file = (await isFile(variant)) ? variant : join(baseFolder, 'candidate.yaml')
  if (!(await isFile(file))) {
    throw new MisuseError(
      `${overlay.file}: Expected \`base\` to name a folder with a candidate.yaml, got ${named} (${baseFolder}). Correct the path.`,
    )
  }
  const source = await readSource(file)
  if (baseOf(source) !== undefined) {
    throw new MisuseError(`${file}: Expected a base to stand alone, got one that names a \`base\` itself. Name the lowest base directly.`)
  }
  return { folder: baseFolder, source }
}

/** A manifest comes from the candidate: it must not draw other people's files, another candidate's say, into its own. */
function refuseForeignBase(file: string, folder: string, baseFolder: string): void {
  const isOwn = !relative(folder, baseFolder).startsWith('..')
  const isStarter = basename(dirname(baseFolder)) === 'starters'
  if (isOwn || isStarter) return
  throw new MisuseError(
    `${file}: Expected \`base\` to name a starter (a folder inside one called starters) or a folder of its own, got ${baseFolder}. Correct the path.`,
  )
}

async function readSource(file: string): Promise<ManifestSource> {
  return { file, text: await readFile(file, 'utf8') }
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ?? false
}

function notThere(target: string): MisuseError {
  return new MisuseError(
    `Expected ${target} to be a candidate's folder, a manifest file, ws://host:port or tcp://host:port; there is no such file or folder. ` +
      `Check the path (it is taken from ${process.cwd()}).`,
  )
}
