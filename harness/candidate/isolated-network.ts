import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * A candidate in a network of its own is out of its users' reach. So the examination itself begins inside one: the command starts itself
 * again in a user and network namespace where loopback is all there is, and its workers and the candidates share that.
 */
export type IsolatedNetwork =
  /** We are in there: go on. */
  | { readonly kind: 'inside' }
  /** The whole command has run in there, to its end: exit with this code. */
  | { readonly kind: 'finished'; readonly exitCode: number }
  /** This machine does not allow it: go on, less strictly. */
  | { readonly kind: 'impossible'; readonly reason: string }

/** Marks the inner process, so that it never starts itself a third time. */
const INSIDE = 'ASSAY_ISOLATED_NETWORK'
/** 128 + 9: what a shell says of a process that was killed. */
const KILLED_EXIT_CODE = 137
/** 128 + 2: it was interrupted before it could say so itself. */
const INTERRUPTED_EXIT_CODE = 130
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Brings loopback up in a fresh namespace and goes on there. `ip` does it where installed; Perl, which Debian always has, or Python do it by the ioctl
 * of netdevice(7): read the flags (SIOCGIFFLAGS 0x8913), add IFF_UP, write them back (SIOCSIFFLAGS 0x8914).
 */
const LOOPBACK_UP = `
ip link set lo up 2>/dev/null ||
perl -e 'socket(S,2,2,0) or exit 1; $r=pack("a16 s x22","lo",0); ioctl(S,0x8913,$r) or exit 1; ($n,$f)=unpack("a16 s",$r); $r=pack("a16 s x22","lo",$f|1); ioctl(S,0x8914,$r) or exit 1' 2>/dev/null ||
python3 -c 'import fcntl,socket,struct; s=socket.socket(2,2); f=struct.unpack("16sh22x",fcntl.ioctl(s,0x8913,struct.pack("16sh22x",b"lo",0)))[1]; fcntl.ioctl(s,0x8914,struct.pack("16sh22x",b"lo",f|1))' 2>/dev/null ||
{ echo "no program here can bring loopback up (ip, perl or python3)" >&2; exit 1; }
`

/**
 * To be called first thing by a command that starts candidates. Signals sent to us are passed on to the inner process, which a terminal's
 * Ctrl-C therefore reaches twice; it ends when we are killed.
 *
 * @param argv Node's options, the script and its arguments: `[...process.execArgv, ...process.argv.slice(1)]`.
 */
export async function enterIsolatedNetwork(argv: readonly string[]): Promise<IsolatedNetwork> {
  if (isNetworkIsolated()) return { kind: 'inside' }
  if (process.platform !== 'linux') return { kind: 'impossible', reason: 'not attempted: needs Linux' }
  if (process.env[INSIDE] !== undefined) return { kind: 'impossible', reason: 'the namespace that was made has more than loopback' }
  const reason = await whyImpossible()
  if (reason !== undefined) return { kind: 'impossible', reason }
  return { kind: 'finished', exitCode: await runInside(argv) }
}

/** True where loopback is the only network interface, up or not. */
export function isNetworkIsolated(): boolean {
  try {
    const interfaces = readFileSync('/proc/self/net/dev', 'latin1').split('\n').slice(2)
    return interfaces.map(line => line.split(':')[0]?.trim()).every(name => name === '' || name === 'lo')
  } catch {
    return false
  }
}

async function whyImpossible(): Promise<string | undefined> {
  const probe = spawn('unshare', namespace('true'), { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  probe.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString('utf8').slice(0, 500)))
  const code = await new Promise<number | null | Error>(done => {
    probe.once('error', done)
    probe.once('close', done)
  })
  if (code === 0) return undefined
  return code instanceof Error
    ? 'unshare (util-linux) is not installed'
    : `no user and network namespace: ${complaint.trim() || `unshare ended with ${code}`}`
}

async function runInside(argv: readonly string[]): Promise<number> {
  const inner = spawn('unshare', namespace('exec "$@"', process.execPath, ...argv), {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  })
  // Ours is to wait for what the inner one makes of it. A terminal sends Ctrl-C to both of us, so that it may come twice there.
  const passOn = (signal: NodeJS.Signals): void => void inner.kill(signal)
  for (const signal of PASSED_ON) process.on(signal, passOn)
  const exitCode = await new Promise<number>((done, fail) => {
    inner.once('error', fail)
    inner.once('exit', (code, signal) => done(code ?? (signal === 'SIGKILL' ? KILLED_EXIT_CODE : INTERRUPTED_EXIT_CODE)))
  })
  for (const signal of PASSED_ON) process.off(signal, passOn)
  return exitCode
}

/** None of these programs stays in between: each replaces itself by the next, so signals and exit codes are Node's own. */
function namespace(script: string, ...args: readonly string[]): string[] {
  return [
    '--user',
    '--map-root-user',
    '--net',
    // A mount namespace too: small file systems can then be mounted for a candidate, and nobody outside sees them.
    '--mount',
    '--',
    'setpriv',
    '--pdeathsig',
    'TERM',
    '--',
    'sh',
    '-c',
    `${LOOPBACK_UP}\n${script}`,
    'sh',
    ...args,
  ]
}
