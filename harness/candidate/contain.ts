import { randomUUID } from 'node:crypto'
import type { Launch } from './launch.ts'
import type { Limits } from './limits.ts'
import { scrubbedEnvironment } from './scrubbed-environment.ts'

/** What is to be run, before it is decided how it is contained. */
export type Command = {
  /** One shell command. */
  readonly shell: string
  /** Where it runs, absolute. */
  readonly folder: string
  /** Its environment on top of the scrubbed one; PATH comes with it. */
  readonly env: Readonly<Record<string, string>>
  readonly limits: Limits
}

/** A process group of its own, a scrubbed environment and the kernel's limits; the disk and the network are as they are. */
export function groupLaunch(command: Command): Launch {
  const [name, value] = ['ASSAY_CANDIDATE', randomUUID()]
  const env = scrubbedEnvironment(process.env, { ...command.env, [name]: value })
  const args = [...limitingPrefix(command.limits), 'sh', '-c', command.shell]
  return { file: '/usr/bin/env', args, cwd: command.folder, env, marker: `${name}=${value}`, isContained: false, limits: command.limits }
}

/** Linux only: elsewhere the watchdog's limits are the only ones. Each of these programs replaces itself by the next one. */
function limitingPrefix(limits: Limits): string[] {
  if (process.platform !== 'linux') return []
  const descriptors = limits.descriptors === undefined ? [] : [`--nofile=${limits.descriptors}:${limits.descriptors}`]
  const setpriv = ['setpriv', '--pdeathsig', 'KILL', '--']
  const prlimit = ['prlimit', '--core=0:0', `--fsize=${limits.fileBytes}:${limits.fileBytes}`, `--nproc=${limits.tasks}:${limits.tasks}`]
  return [...setpriv, ...prlimit, ...descriptors]
}
