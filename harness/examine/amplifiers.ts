/**
 * Settings of a language's runtime under which races show more often, and under which a right server is right all the same. Each is a
 * profile beside the plain run; nothing of the candidate is changed for it.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StartOptions } from '../candidate/start-candidate.ts'

export interface Amplifier {
  /** As it stands on the scorecard, and in an interleaving's `profile`. */
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  /** Python that runs before the candidate's own. */
  readonly sitecustomize?: string
}

/** Threads take turns a thousand times as often as by default. */
const SWITCH_OFTEN = 'import sys\nsys.setswitchinterval(1e-6)\n'

/** Between two lines of the candidate's own code, now and then, another thread goes on. */
const YIELD_BETWEEN_LINES = `import os, random, threading, time
_own = os.getcwd() + os.sep
def _trace(frame, event, argument):
    if event == "call":
        return _trace if frame.f_code.co_filename.startswith(_own) else None
    if event == "line" and random.random() < 0.05:
        time.sleep(0)
    return _trace
threading.settrace(_trace)
`

const AMPLIFIERS: Readonly<Record<string, readonly Amplifier[]>> = {
  python: [
    { name: 'Python, threads switched every microsecond', env: {}, sitecustomize: SWITCH_OFTEN },
    { name: 'Python, threads switched between lines', env: {}, sitecustomize: YIELD_BETWEEN_LINES },
  ],
  go: [1, 2, 8].map(count => ({ name: `Go, GOMAXPROCS=${count}`, env: { GOMAXPROCS: String(count) } })),
  java: [
    { name: 'Java, interpreted (-Xint)', env: { JAVA_TOOL_OPTIONS: '-Xint' } },
    { name: 'Java, first compiler only (-XX:TieredStopAtLevel=1)', env: { JAVA_TOOL_OPTIONS: '-XX:TieredStopAtLevel=1' } },
  ],
}

export const PLAIN = 'plain'

/** Those that differ from the plain run on a machine of so many cores: as many threads as cores is what Go begins with. */
export function amplifiersOf(language: string, cores: number): readonly Amplifier[] {
  return allOf(language).filter(({ env }) => env['GOMAXPROCS'] !== String(cores))
}

/** Whether a server in the language can be started under the profile; under `plain` each can. */
export function hasProfile(language: string, profile: string): boolean {
  return profile === PLAIN || allOf(language).some(({ name }) => name === profile)
}

function allOf(language: string): readonly Amplifier[] {
  return AMPLIFIERS[language] ?? []
}

type Amplified = Pick<StartOptions, 'extraEnv' | 'readOnlyPaths'>

/**
 * Gives `use` the options that start a server under the profile; `plain` needs none. What they refer to is gone afterwards, so servers that
 * were started with them have to be done with starting by then.
 *
 * @throws Error for a profile that the language does not have.
 */
export async function underProfile<T>(language: string, profile: string, use: (options: Amplified) => Promise<T>): Promise<T> {
  if (profile === PLAIN) return await use({})
  const amplifier = allOf(language).find(({ name }) => name === profile)
  if (amplifier === undefined)
    throw new Error(`Expected ${JSON.stringify(profile)} to be an amplifier of ${language}, got none of that name.`)
  const { env, sitecustomize } = amplifier
  if (sitecustomize === undefined) return await use({ extraEnv: env })
  const folder = await mkdtemp(join(tmpdir(), 'assay-amplifier-'))
  try {
    await writeFile(join(folder, 'sitecustomize.py'), sitecustomize)
    return await use({ extraEnv: { ...env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' }, readOnlyPaths: [folder] })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
