import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { resolveTarget, type ManifestTarget } from './find-candidate.ts'

/** For tests: a place for candidates written on the spot, with a build cache of its own, removed by `remove`. */
export class CandidateFixture {
  readonly root: string
  readonly #cacheBefore = process.env['XDG_CACHE_HOME']

  static async create(): Promise<CandidateFixture> {
    return new CandidateFixture(await mkdtemp(join(tmpdir(), 'assay-test-')))
  }

  private constructor(root: string) {
    this.root = root
    process.env['XDG_CACHE_HOME'] = join(root, 'cache')
  }

  /** Writes files below a folder of that name. */
  async write(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const folder = join(this.root, name)
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    return folder
  }

  /** A candidate in JavaScript that runs `source` (CommonJS). */
  async server(name: string, source: string, manifest: Readonly<Record<string, string | number>> = {}): Promise<ManifestTarget> {
    const fields = { name, language: 'javascript', transport: 'tcp', run: 'node server.js', ...manifest }
    const yaml = Object.entries(fields).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    const target = await resolveTarget(await this.write(name, { 'candidate.yaml': yaml.join(''), 'server.js': source }))
    if (target.kind !== 'manifest') throw new Error(`Expected a manifest, got ${target.kind}.`)
    return target
  }

  async remove(): Promise<void> {
    if (this.#cacheBefore === undefined) delete process.env['XDG_CACHE_HOME']
    else process.env['XDG_CACHE_HOME'] = this.#cacheBefore
    await rm(this.root, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Listens where it is told to and sends back what it reads. */
export const ECHO = `
require('node:net').createServer(socket => socket.on('error', () => {}).pipe(socket)).listen(+process.env.PORT, process.env.HOST)
`
