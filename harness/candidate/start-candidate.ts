import { attachToServer } from './attach-candidate.ts'
import { launchOf } from './contain.ts'
import { decideContainment, strictestContainment, type ContainmentLevel, type ContainmentName } from './contain-level.ts'
import { CandidateFault, MisuseError } from './fault.ts'
import type { ManifestTarget, Target } from './find-candidate.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { isPortTaken, listeningSocketsOf } from './listening-sockets.ts'
import { prepareCandidate } from './prepare-candidate.ts'
import { copyForOneRun } from './private-folder.ts'
import type { RunningCandidate } from './running-candidate.ts'
import { ServerProcess } from './server-process.ts'
import { freePort, waitUntilListening } from './wait-until-listening.ts'

export type StartOptions = {
  /** Ends the build and the wait; a server that runs already has to be stopped by `stop`. */
  readonly signal?: AbortSignal
  /** Where the server is told to listen. Default 127.0.0.1. */
  readonly host?: string
  /** Default: one that is free. */
  readonly port?: number
  /** Environment on top of the manifest's, e.g. of an amplifier. */
  readonly extraEnv?: Readonly<Record<string, string>>
  readonly limits?: Partial<Limits>
  /** Called with each piece of output as it comes, as it came. */
  readonly onOutput?: (text: string) => void
  /** How strictly to contain it. Default: the strictest that this machine and the network we are in can give. */
  readonly containment?: ContainmentName
  /** Lets the build reach the network. Default false. */
  readonly buildNetwork?: boolean
  /** More that a contained server may see at its own path, e.g. an amplifier's folder; and what it may write to, e.g. a store's data. */
  readonly readOnlyPaths?: readonly string[]
  readonly writablePaths?: readonly string[]
  /** Of a server that Assay did not start: the process whose tree is sampled. */
  readonly pid?: number
  /** False returns as soon as the process is started, e.g. for one that listens only once its peers are up. Default true. */
  readonly isAwaited?: boolean
}

/**
 * Builds a candidate if needed, starts it and waits until it accepts connections; or takes a server that listens already.
 *
 * @throws CandidateFault with its last output when it does not build, ends early, or does not listen where and when it should.
 * @throws MisuseError when the port asked for is taken, or nothing listens at the URL.
 */
export async function startCandidate(target: Target, options: StartOptions = {}): Promise<RunningCandidate> {
  if (target.kind === 'url') return await attachToServer(target, options)
  options.signal?.throwIfAborted()
  const { manifest } = target
  const host = options.host ?? '127.0.0.1'
  const port = options.port ?? (await freePort(host))
  if (isPortTaken(port, host)) {
    throw new MisuseError(
      `Expected port ${port} to be free for the server, but something listens there. Name another port, or end that program.`,
    )
  }
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const level = options.containment === undefined ? await strictestContainment() : await decideContainment(options.containment)
  const prepared = await prepareCandidate(target, { ...options, containment: level.name, limits })
  const own = level.name === 'group' && !prepared.isInPlace ? await copyForOneRun(prepared.folder) : undefined
  const launch = launchOf({
    ...prepared,
    ...own,
    shell: manifest.run,
    isFolderWritable: false,
    // Where our own network is isolated, sharing it gives the server nothing but loopback.
    hasNetwork: false,
    sharesLoopback: true,
    env: { ...runtimeSettings(manifest.language), ...manifest.env, ...options.extraEnv, HOST: host, PORT: String(port) },
    readOnlyPaths: options.readOnlyPaths ?? [],
    writablePaths: options.writablePaths ?? [],
    limits,
    containment: level.name,
  })
  const server = await ServerProcess.start(launch, options.onOutput, monotonicMs, async () => await own?.remove())
  try {
    if (options.isAwaited !== false) await waitUntilReady(server, target, host, port, options.signal)
  } catch (error) {
    await server.kill()
    await server.exited
    throw error
  }
  return runningCandidate(server, target, host, port, level)
}

/** Python prints the stacks of its threads when it is ended by SIGABRT, but only if it was told to from the start. */
function runtimeSettings(language: string): Record<string, string> {
  return language === 'python' ? { PYTHONFAULTHANDLER: '1' } : {}
}

async function waitUntilReady(server: ServerProcess, target: ManifestTarget, host: string, port: number, signal: AbortSignal | undefined) {
  const { readyTimeout } = target.manifest
  const isOver = (): boolean => server.hasExited() !== null
  const listens = await waitUntilListening(host, port, { timeoutMs: readyTimeout * 1000, isOver, signal, now: monotonicMs })
  if (listens && !isOver()) return
  const exit = server.hasExited()
  if (exit !== null) {
    await server.exited
    throw new CandidateFault(describeEarlyExit(server, host, port), server.output())
  }
  throw new CandidateFault(describeSilence(server, host, port, readyTimeout), server.output())
}

function describeEarlyExit(server: ServerProcess, host: string, port: number): string {
  const exit = server.hasExited()
  const expected = `Expected the server to listen at ${host}:${port} (HOST and PORT in its environment) and go on running.`
  const inUse = /EADDRINUSE|address already in use/i.test(server.output())
  const hint = inUse
    ? ' It says that an address is in use: let it listen at HOST and PORT only, and once.'
    : ' See its output; it must stay in the foreground, since what forks away is ended with it.'
  return `${expected} ${exit?.explanation ?? ''}${hint}`
}

function describeSilence(server: ServerProcess, host: string, port: number, readyTimeout: number): string {
  const expected = `Expected the server to accept connections at ${host}:${port} within ${readyTimeout} s`
  const elsewhere = listeningSocketsOf(server.living().map(stat => stat.pid)).map(socket => `${socket.address}:${socket.port}`)
  if (elsewhere.length === 0) {
    return `${expected}; it runs, but listens nowhere. Listen at HOST and PORT from the environment, or raise \`readyTimeout\`.`
  }
  return `${expected}; it listens at ${[...new Set(elsewhere)].join(' and ')} instead. Use HOST and PORT from the environment.`
}

function runningCandidate(
  server: ServerProcess,
  target: ManifestTarget,
  host: string,
  port: number,
  level: ContainmentLevel,
): RunningCandidate {
  const { name, language, transport } = target.manifest
  return {
    name,
    language,
    transport,
    host,
    port,
    url: `${transport}://${host}:${port}`,
    rootPid: server.rootPid(),
    containment: level,
    canFreeze: process.platform === 'linux',
    output: sinceBytes => server.output(sinceBytes),
    printedBytes: () => server.printedBytes(),
    sample: () => server.sample(),
    preciseCpuSeconds: () => server.preciseCpuSeconds(),
    pids: () => server.living().map(stat => stat.pid),
    exited: server.exited,
    hasExited: () => server.hasExited(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    stop: () => server.stop(),
    crash: () => server.crash(),
  }
}

/** The one clock of this room: monotonic, in milliseconds. */
function monotonicMs(): number {
  return performance.now()
}
