import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { readBases } from './base-chain.ts'
import { MisuseError } from './fault.ts'
import { isFile, readSource } from './manifest-file.ts'
import { parseManifest, type Manifest } from './manifest.ts'

/** A server that Assay starts itself. */
export type ManifestTarget = {
  readonly kind: 'manifest'
  readonly manifest: Manifest
  /** The candidate's own folder, absolute. */
  readonly folder: string
  /** The folders that it is laid over, absolute, the lowest first: as a rule the starter. None when the candidate stands alone. */
  readonly baseFolders: readonly string[]
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
  const source = await readSource(file)
  const bases = await readBases(source)
  const manifest = parseManifest(
    source,
    bases.map(base => base.source),
  )
  const baseFolders = bases.map(({ folder }) => folder).reverse()
  return { kind: 'manifest', manifest, folder: dirname(file), baseFolders, file }
}

function notThere(target: string): MisuseError {
  return new MisuseError(
    `Expected ${target} to be a candidate's folder, a manifest file, ws://host:port or tcp://host:port; there is no such file or folder. ` +
      `Check the path (it is taken from ${process.cwd()}).`,
  )
}
