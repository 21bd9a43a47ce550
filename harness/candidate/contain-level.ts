import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { MisuseError } from './fault.ts'
import { isNetworkIsolated } from './isolated-network.ts'

/**
 * How strictly a candidate is contained, from strict to hardly:
 * - `strict`: its own view of the disk (toolchains and its own folder alone), own processes, and no network beyond loopback;
 * - `networked`: the same, but it could reach the network;
 * - `group`: only an own process group, a scrubbed environment and the limits that are watched.
 */
export type ContainmentName = 'strict' | 'networked' | 'group'

export const CONTAINMENT_NAMES: readonly ContainmentName[] = ['strict', 'networked', 'group']

export type ContainmentLevel = {
  readonly name: ContainmentName
  /** One line to print, and to keep in the record. */
  readonly summary: string
}

const PROBE_TIMEOUT_MS = 5000
let probed: Promise<string | undefined> | undefined

/**
 * The level in force for a command. Without `wanted` it must come out as `strict` (or not be Linux); what is less needs to be asked for.
 *
 * @throws MisuseError when this machine cannot give the level, with what is missing and what to do.
 */
export async function decideContainment(wanted?: ContainmentName): Promise<ContainmentLevel> {
  const best = await strictestContainment()
  if (process.platform !== 'linux' && wanted === undefined) return best
  const asked = wanted ?? 'strict'
  if (CONTAINMENT_NAMES.indexOf(best.name) <= CONTAINMENT_NAMES.indexOf(asked)) return { name: asked, summary: summaryOf(asked) }
  throw new MisuseError(
    `Expected to contain the candidate as \`${asked}\`, but this machine gives \`${best.name}\` at most: ${await whyNotStricter()} ` +
      `Mend that, or accept less with --containment ${best.name}.`,
  )
}

/** The strictest level that this machine, and the network that we are in, can give. Never throws. */
export async function strictestContainment(): Promise<ContainmentLevel> {
  if (process.platform !== 'linux') return { name: 'group', summary: `${summaryOf('group')} (stricter: not attempted: needs Linux)` }
  if ((await whyNoContainer()) !== undefined) return { name: 'group', summary: summaryOf('group') }
  return isNetworkIsolated() ? { name: 'strict', summary: summaryOf('strict') } : { name: 'networked', summary: summaryOf('networked') }
}

/** Why bubblewrap cannot be used here; `undefined` where it can. Tried once a process. */
export async function whyNoContainer(): Promise<string | undefined> {
  probed ??= probeContainer()
  return await probed
}

async function probeContainer(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'containers need Linux.'
  const probe = [
    '--unshare-user',
    '--unshare-pid',
    '--ro-bind',
    '/',
    '/',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--size',
    '4096',
    '--tmpfs',
    '/tmp',
  ]
  try {
    await promisify(execFile)('bwrap', [...probe, '--', 'setsid', 'prlimit', '--core=0:0', 'true'], { timeout: PROBE_TIMEOUT_MS })
    return undefined
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string }
    if (code === 'ENOENT') return 'bubblewrap (bwrap) is not installed (on Debian and Ubuntu: apt-get install bubblewrap).'
    return `bubblewrap cannot make a container here: ${stderr?.trim() || String(error)}.`
  }
}

async function whyNotStricter(): Promise<string> {
  return (await whyNoContainer()) ?? 'the examination itself does not run in a network of its own, so that the candidate could reach yours.'
}

function summaryOf(name: ContainmentName): string {
  const lines: Record<ContainmentName, string> = {
    strict: 'containment: strict (own view of the disk, own processes, no network beyond loopback)',
    networked: 'containment: networked (own view of the disk, own processes; it could reach the network)',
    group: 'containment: group (own process group and watched limits only; it could read your files and reach the network)',
  }
  return lines[name]
}
