/** What `assay check` is pointed at: manifests, folders whose manifest has to be guessed, servers that run already. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { MisuseError } from '../candidate/fault.ts'
import { MissingManifestError, resolveTarget, type Target } from '../candidate/find-candidate.ts'
import { guessManifest } from '../candidate/guess-manifest.ts'
import { parseManifest } from '../candidate/manifest.ts'
import { plainText } from '../../reports/text/terminal-escapes.ts'

export interface NamedTarget {
  /** As the user wrote it. */
  readonly text: string
  readonly target: Target
}

export interface GuessOptions {
  /** Writes a guessed manifest without asking. */
  readonly write: boolean
  /** Whether there is somebody to ask. */
  readonly ask: boolean
  note(line: string): void
}

export function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
}

/**
 * Resolves a folder, manifest or URL. A folder without a manifest gets a guessed one, which is shown, and written where the user agrees;
 * it holds for this examination in any case.
 * @throws MisuseError when it is none of these, its manifest is wrong, or nothing can be guessed.
 */
export async function findTarget(text: string, options: GuessOptions): Promise<NamedTarget> {
  try {
    return { text, target: await resolveTarget(text) }
  } catch (error) {
    if (!(error instanceof MissingManifestError)) throw error
    return { text, target: await guessedTarget(error.folder, options) }
  }
}

/** As `findTarget`, without a word to anyone: what a build needs to know before the examination begins. */
export async function findTargetQuietly(text: string): Promise<NamedTarget> {
  return await findTarget(text, { write: false, ask: false, note: () => undefined })
}

async function guessedTarget(folder: string, options: GuessOptions): Promise<Target> {
  const guess = await guessManifest(folder)
  if (guess === undefined) {
    throw new MisuseError(
      `Expected ${folder} to hold a candidate.yaml, or something to guess one from (package.json, *.java, main.py, go.mod, Cargo.toml, ` +
        'CMakeLists.txt, Makefile), got neither. Write a candidate.yaml; `assay new` gives an example.',
    )
  }
  const file = join(folder, 'candidate.yaml')
  options.note(`There is no candidate.yaml in ${folder}. This one is guessed from what is in it:\n`)
  options.note(indented(plainText(guess.yaml)))
  for (const reason of guess.reasons) options.note(`  ${plainText(reason)}`)
  const manifest = parseManifest({ text: guess.yaml, file })
  if (options.write || (options.ask && (await isWanted(`Write it to ${file}? [y/N] `)))) {
    await writeFile(file, guess.yaml, { flag: 'wx' })
    options.note(`Written: ${file}`)
  } else options.note('\nIt is used this time, and not written; --write-manifest writes it.')
  return { kind: 'manifest', manifest, folder, baseFolders: [], file }
}

async function isWanted(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim())
  } catch {
    return false
  } finally {
    terminal.close()
  }
}

function indented(text: string): string {
  return text
    .split('\n')
    .map(line => (line === '' ? '' : `    ${line}`))
    .join('\n')
}
