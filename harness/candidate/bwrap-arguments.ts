import { existsSync, lstatSync, readlinkSync } from 'node:fs'
import { ownCandidatePaths, samplesToCover } from './assay-package.ts'
import type { Command } from './contain.ts'
import { SYSTEM_FOLDERS } from './find-toolchain.ts'

/** Where a contained candidate finds its own folder. */
export const FOLDER_INSIDE = '/candidate'

/** Of /etc only what programs need to run: names, the linker, certificates, and where Debian keeps toolchains' settings. */
const ETC = words(`
  alternatives ld.so.cache ld.so.conf ld.so.conf.d passwd group hosts nsswitch.conf protocols services localtime timezone os-release
  ssl ca-certificates pki crypto-policies mime.types java-11-openjdk java-17-openjdk java-21-openjdk java-25-openjdk
  python3 python3.11 python3.12 python3.13
`)

/**
 * What the candidate sees and may do, as arguments of bubblewrap (0.8 or newer): the system and its toolchain read-only, its own folder,
 * a temporary folder of limited size, its own processes, and nothing of the home directory.
 */
export function bwrapArguments(command: Command, folderInside: string): string[] {
  const { toolchain, limits } = command
  const isNetworkShared = command.sharesLoopback === true || command.hasNetwork
  const temporary = `--size ${limits.temporaryBytes} --tmpfs`
  return [
    ...words('--unshare-user --uid 1000 --gid 1000 --cap-drop ALL --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try'),
    ...words(isNetworkShared ? '' : '--unshare-net'),
    ...words('--hostname candidate --die-with-parent --info-fd 3'),
    ...SYSTEM_FOLDERS.flatMap(systemFolder),
    ...ETC.flatMap(name => readOnly(`/etc/${name}`)),
    ...(command.hasNetwork ? readOnly('/etc/resolv.conf') : []),
    // Whatever can be written to is of limited size, shared memory and the folders that hold the mount points included.
    ...words(`--proc /proc --dev /dev ${temporary} /dev/shm --remount-ro /dev ${temporary} /tmp --dir /tmp/home`),
    ...[...toolchain.readOnlyPaths, ...(command.readOnlyPaths ?? [])].flatMap(readOnly),
    ...samplesToCover().flatMap(path => (isShown(path) ? ['--tmpfs', path, '--remount-ro', path] : [])),
    ...ownFolder(command, folderInside),
    ...(command.writablePaths ?? []).flatMap(path => ['--bind', path, path]),
    '--remount-ro',
    '/',
    '--chdir',
    folderInside,
  ]
}

function ownFolder(command: Command, folderInside: string): string[] {
  if (command.isInPlace === true) return ownCandidatePaths().flatMap(readOnly)
  return [command.isFolderWritable ? '--bind' : '--ro-bind', command.folder, folderInside]
}

/** On most systems /bin and the like are links into /usr, and have to be links inside as well. */
function systemFolder(path: string): string[] {
  if (!existsSync(path)) return []
  return lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]
}

function readOnly(path: string): string[] {
  return existsSync(path) ? ['--ro-bind', path, path] : []
}

function isShown(path: string): boolean {
  return SYSTEM_FOLDERS.some(folder => path.startsWith(`${folder}/`))
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(word => word !== '')
}
