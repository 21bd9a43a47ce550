import { randomUUID } from 'node:crypto'
import { delimiter, join } from 'node:path'
import { bwrapArguments, FOLDER_INSIDE } from './bwrap-arguments.ts'
import type { ContainmentName } from './contain-level.ts'
import { pathOf, type Toolchain } from './find-toolchain.ts'
import { kernelLimits } from './kernel-limits.ts'
import type { Launch } from './launch.ts'
import type { Limits } from './limits.ts'
import { scrubbedEnvironment } from './scrubbed-environment.ts'

/** What is to be run, before it is decided how it is contained. */
export type Command = {
  /** One shell command. */
  readonly shell: string
  /** Where it runs, absolute. */
  readonly folder: string
  /** True for a build; a server finds its folder read-only, and has /tmp and HOME to write to. */
  readonly isFolderWritable: boolean
  /** True lets it reach whatever network we are in ourselves; false leaves it loopback of its own (a build) or ours (a server). */
  readonly hasNetwork: boolean
  /** Set for a server: it must share the loopback that its users connect over. */
  readonly sharesLoopback?: boolean
  /** True for Assay's own model answers, which are seen at their real path. */
  readonly isInPlace?: boolean
  /** Where temporary files go without a container; default: where ours go. */
  readonly temporaryFolder?: string | undefined
  readonly toolchain: Toolchain
  /** Environment on top of the scrubbed one. */
  readonly env: Readonly<Record<string, string>>
  /** More folders that it may see at their own paths: for reading, and for reading and writing (a store's data). */
  readonly readOnlyPaths?: readonly string[]
  readonly writablePaths?: readonly string[]
  readonly limits: Limits
  readonly containment: ContainmentName
}

/**
 * SIGTERM goes to the whole group, the shell too. A shell that died of it would take the container down before the server has tidied up;
 * with a handler of its own it waits for the server and passes its exit code on. What the shell starts does not inherit the handler.
 */
const OUTLIVE_SERVER = 'trap : TERM'
const MARKER_NAME = 'ASSAY_CANDIDATE'

/** Decides how a command is started: inside a container, or in a process group of its own only. */
export function launchOf(command: Command): Launch {
  const marker = randomUUID()
  const isContained = command.containment !== 'group'
  const folder = isContained && command.isInPlace !== true ? FOLDER_INSIDE : command.folder
  const environment = { ...environmentIn(folder, isContained, command), [MARKER_NAME]: marker }
  const server = [...kernelLimits(command.limits), 'sh', '-c', `${OUTLIVE_SERVER}\n${command.shell}`]
  const shared = { marker: `${MARKER_NAME}=${marker}`, isContained, limits: command.limits, file: '/usr/bin/env' }
  if (!isContained) return { ...shared, args: server, cwd: command.folder, env: environment }
  // `setsid`: a group of the server's own, so that SIGTERM does not take the container down first.
  const args = [...bwrapArguments(command, folder), '--', 'setsid', ...server]
  return { ...shared, args: ['bwrap', ...args], cwd: '/', env: environment }
}

function environmentIn(folder: string, isContained: boolean, command: Command): Record<string, string> {
  const path = [join(folder, 'node_modules', '.bin'), pathOf(command.toolchain)].join(delimiter)
  const own = isContained ? { HOME: '/tmp/home', TMPDIR: '/tmp', GOCACHE: '/tmp/go-build', GOPATH: '/tmp/go' } : groupHomes(command)
  const offline: Record<string, string> = command.hasNetwork ? {} : { GOPROXY: 'off' }
  return scrubbedEnvironment(process.env, { ...own, ...offline, ...command.toolchain.env, PATH: path, ...command.env })
}

/** Without a container nothing keeps a toolchain from the home directory that it is used to. */
function groupHomes(command: Command): Record<string, string> {
  return { HOME: process.env['HOME'] ?? '/', TMPDIR: command.temporaryFolder ?? process.env['TMPDIR'] ?? '/tmp' }
}
