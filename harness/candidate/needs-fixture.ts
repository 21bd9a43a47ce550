/** For tests that need what not every machine has: where a part is missing they are skipped, and their title says what to install. */
import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'
import { whyNoContainer } from './contain-level.ts'

/** What tests can need, and how to come by it. `programs`: any one of them in PATH will do. */
const PROGRAMS = {
  go: { programs: ['go'], install: 'apt-get install golang-go' },
  java: { programs: ['javac'], install: 'apt-get install default-jdk-headless' },
  rust: { programs: ['rustc'], install: 'apt-get install rustc, or rustup' },
  cpp: { programs: ['g++', 'c++', 'clang++'], install: 'apt-get install g++' },
  python: { programs: ['python3'], install: 'apt-get install python3' },
  chromium: { programs: ['chromium', 'chromium-browser', 'google-chrome'], install: 'apt-get install chromium' },
} as const satisfies Record<string, { readonly programs: readonly string[]; readonly install: string }>

export type Program = keyof typeof PROGRAMS
/** `container`: what the level `networked` needs. `own network`: user and network namespaces. */
export type Need = Program | 'linux' | 'container' | 'own network'

/** Where a program that tests may need is, or `undefined` where it is not installed. */
export function programPath(program: Program): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)
  return PROGRAMS[program].programs.flatMap(name => folders.map(folder => join(folder, name))).find(isExecutable)
}

/** `describe`, or one that is skipped, with the reason in its title. */
export async function describeWith(needs: readonly Need[], title: string, body: () => void): Promise<void> {
  const missing = await whyMissing(needs)
  describe.skipIf(missing !== undefined)(missing === undefined ? title : `${title} (skipped: ${missing})`, body)
}

/** The first need that is not met here, and what to do about it; `undefined` where all are. */
export async function whyMissing(needs: readonly Need[]): Promise<string | undefined> {
  for (const need of needs) {
    const reason = await whyNot(need)
    if (reason !== undefined) return reason
  }
  return undefined
}

async function whyNot(need: Need): Promise<string | undefined> {
  switch (need) {
    case 'linux':
      return process.platform === 'linux' ? undefined : 'needs Linux'
    case 'container':
      return await whyNoContainer()
    case 'own network':
      return canUnshare() ? undefined : 'no user and network namespaces here; apt-get install util-linux, and allow unprivileged namespaces'
    default:
      return programPath(need) === undefined ? `no ${PROGRAMS[need].programs.join(' or ')} in PATH; ${PROGRAMS[need].install}` : undefined
  }
}

function canUnshare(): boolean {
  try {
    execFileSync('unshare', ['--user', '--map-root-user', '--net', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
