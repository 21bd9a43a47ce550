import { MisuseError } from './fault.ts'
import type { UrlTarget } from './find-candidate.ts'
import type { ExitInfo } from './exit-info.ts'
import { preciseCpuSeconds, sampleOf } from './process-sample.ts'
import { readStat } from './process-stat.ts'
import { ProcessTree } from './process-tree.ts'
import type { RunningCandidate } from './running-candidate.ts'
import { waitUntilListening } from './wait-until-listening.ts'

/** A server that is said to listen already gets this long to prove it. */
const CONNECT_TIMEOUT_MS = 3000

/**
 * Takes a server that Assay did not start. Only its sockets are judged; with a `pid` its tree is sampled too. It is never frozen or ended.
 *
 * @throws MisuseError when nothing listens there, or there is no process of that id.
 */
export async function attachToServer(target: UrlTarget, options: { pid?: number; signal?: AbortSignal } = {}): Promise<RunningCandidate> {
  const { host, port, transport, url } = target
  const tree = options.pid === undefined ? undefined : attachProcess(options.pid)
  const wait = { timeoutMs: CONNECT_TIMEOUT_MS, isOver: () => false, signal: options.signal, now: () => performance.now() }
  if (!(await waitUntilListening(host, port, wait))) {
    throw new MisuseError(`Expected a server to accept connections at ${url}, got none within 3 s. Start it first, or check host and port.`)
  }
  const left: ExitInfo = { code: null, signal: null, cause: 'stopped', explanation: 'Assay did not start this server and left it running.' }
  return {
    name: url,
    language: 'unknown',
    transport,
    host,
    port,
    url,
    rootPid: options.pid ?? null,
    containment: undefined,
    canFreeze: false,
    output: () => '',
    printedBytes: () => 0,
    sample: () => (tree === undefined ? null : sampleOf(tree.scan())),
    preciseCpuSeconds: () => (tree === undefined ? null : preciseCpuSeconds(tree.scan())),
    pids: () => tree?.scan().map(stat => stat.pid) ?? [],
    exited: new Promise<ExitInfo>(() => undefined),
    hasExited: () => null,
    freeze: refuse,
    thaw: refuse,
    stop: async () => left,
    crash: refuse,
  }
}

/** The tree of a process that somebody else started, for sampling alone. */
function attachProcess(pid: number): ProcessTree {
  if (readStat(pid) === undefined) {
    throw new MisuseError(
      `Expected --pid to name a running process of this machine, got ${pid}. Look it up with \`pgrep\` or leave it out.`,
    )
  }
  return new ProcessTree(pid, undefined, () => performance.now())
}

function refuse(): never {
  throw new Error('Expected a server that Assay started itself: only such a one can be frozen or killed. Ask `canFreeze` first.')
}
