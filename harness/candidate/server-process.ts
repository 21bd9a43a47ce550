import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { endWithUs } from './death-watch.ts'
import { describeExit, type ExitInfo } from './exit-info.ts'
import { freezeAll } from './freeze-tree.ts'
import { killAll, killAllNow, trySignal } from './kill-tree.ts'
import { killOnExit } from './kill-on-exit.ts'
import type { Launch } from './launch.ts'
import { watchLimits } from './limit-watchdog.ts'
import { drainInto, OutputTail } from './output-tail.ts'
import { preciseCpuSeconds, sampleOf, type ProcessSample } from './process-sample.ts'
import type { ProcessStat } from './process-stat.ts'
import { ProcessTree } from './process-tree.ts'

/** After its end, output still in the pipes is waited for this long; a forked process that holds them open must not hold us. */
const LAST_OUTPUT_MS = 250

type Listener = (text: string) => void

/** The processes of one server, from start to end. It knows nothing of ports and protocols. */
export class ServerProcess {
  readonly exited: Promise<ExitInfo>
  readonly #child: ChildProcess
  readonly #tail = new OutputTail()
  readonly #tree: ProcessTree
  readonly #launch: Launch
  readonly #now: () => number
  /** The container's own processes, which are no part of the server. */
  readonly #wrapperPids = new Set<number>()
  #exit: ExitInfo | null = null
  #endedBy: { cause: ExitInfo['cause']; limit?: string } = { cause: 'itself' }
  #rootPid: number | null = null

  /**
   * `cleanUp` is called once nothing of the tree is left.
   *
   * @throws Error when the shell or the container cannot be started at all.
   */
  static async start(
    launch: Launch,
    onOutput: Listener | undefined,
    now: () => number,
    cleanUp?: () => Promise<void>,
  ): Promise<ServerProcess> {
    const child = spawn(launch.file, launch.args, {
      cwd: launch.cwd,
      env: launch.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', launch.isContained ? 'pipe' : 'ignore'],
    })
    await new Promise<void>((done, fail) => {
      child.once('spawn', done)
      child.once('error', fail)
    })
    return new ServerProcess(child, launch, onOutput, now, cleanUp)
  }

  private constructor(
    child: ChildProcess,
    launch: Launch,
    onOutput: Listener | undefined,
    now: () => number,
    cleanUp: (() => Promise<void>) | undefined,
  ) {
    const pid = child.pid
    if (pid === undefined) throw new Error('Expected a started process to have a pid.')
    this.#child = child
    this.#launch = launch
    this.#now = now
    this.#tree = new ProcessTree(pid, launch.marker, now)
    if (launch.isContained) this.#wrapperPids.add(pid)
    else this.#rootPid = pid
    drainInto(this.#tail, [child.stdout, child.stderr], onOutput)
    this.#readContainerInfo()
    const unguard = launch.isContained ? undefined : endWithUs(pid, launch.marker)
    const unhook = killOnExit(() => this.#killNow())
    const unwatch = watchLimits(
      launch.limits,
      () => this.processes(),
      sentence => this.#endByLimit(sentence),
    )
    this.exited = this.#waitForEnd().then(async exit => {
      unwatch()
      unhook()
      unguard?.()
      await cleanUp?.().catch((error: unknown) => this.#note(error))
      return exit
    })
  }

  /** The server's own processes now alive, the first one first. */
  processes(): ProcessStat[] {
    return this.#tree.scan().filter(stat => !this.#wrapperPids.has(stat.pid))
  }

  /** The same without zombies. */
  living(): ProcessStat[] {
    return this.processes().filter(stat => stat.state !== 'Z')
  }

  rootPid(): number | null {
    // Until the container has said which process is its own inside, that one would be taken for the server's.
    const isKnown = !this.#launch.isContained || this.#wrapperPids.size === 2
    if (isKnown) this.#rootPid ??= this.processes()[0]?.pid ?? null
    return this.#rootPid
  }

  output(sinceBytes?: number): string {
    return this.#tail.text(sinceBytes)
  }

  printedBytes(): number {
    return this.#tail.totalBytes
  }

  sample(): ProcessSample | null {
    return sampleOf(this.processes())
  }

  preciseCpuSeconds(): number {
    return preciseCpuSeconds(this.processes())
  }

  hasExited(): ExitInfo | null {
    return this.#exit
  }

  freeze(): void {
    const root = this.rootPid()
    // The whole group at once first, so that its processes stop at the same moment; then whoever is in no group of ours.
    if (root !== null) trySignal(-this.#groupOf(root), 'SIGSTOP')
    freezeAll(() => this.processes())
  }

  thaw(): void {
    for (const stat of this.processes()) trySignal(stat.pid, 'SIGCONT')
  }

  /** @see RunningCandidate.stop */
  async stop(): Promise<ExitInfo> {
    const root = this.rootPid()
    if (this.#exit === null && root !== null) {
      this.#endedBy = { cause: 'stopped' }
      trySignal(-this.#groupOf(root), 'SIGTERM')
      this.thaw()
      const timer = new AbortController()
      await Promise.race([this.exited, sleep(this.#launch.limits.graceMs, undefined, { signal: timer.signal }).catch(() => undefined)])
      timer.abort()
      if (this.hasExited() === null) this.#endedBy = { cause: 'killed' }
    }
    await this.kill()
    return await this.exited
  }

  /** @see RunningCandidate.crash */
  async crash(): Promise<ExitInfo> {
    if (this.#exit === null) this.#endedBy = { cause: 'crashed' }
    await this.kill()
    return await this.exited
  }

  /** Ends everything at once, without asking. */
  async kill(): Promise<void> {
    this.#killOutermost()
    await killAll(() => this.#freshTree(), this.#now)
  }

  #groupOf(pid: number): number {
    return this.processes().find(stat => stat.pid === pid)?.groupId ?? pid
  }

  #endByLimit(sentence: string): void {
    if (this.#exit !== null) return
    this.#endedBy = { cause: 'limit', limit: sentence }
    // At once, without giving a fork bomb the time of a single turn; then as thoroughly as ever.
    this.#killNow()
    // A failure to kill is thrown again by `exited`'s own sweep, where somebody is listening.
    this.kill().catch(() => undefined)
  }

  async #waitForEnd(): Promise<ExitInfo> {
    const closed = new Promise<void>(done => this.#child.once('close', () => done()))
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(done => {
      this.#child.once('exit', (code, signal) => {
        const told = signalFromCode(code, signal)
        this.#exit = describeExit(told[0], told[1], this.#endedBy.cause, this.#endedBy.limit)
        done([told[0], told[1]])
      })
    })
    await this.kill().catch((error: unknown) => this.#note(error))
    await Promise.race([closed, sleep(LAST_OUTPUT_MS)])
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
    this.#exit = describeExit(code, signal, this.#endedBy.cause, this.#endedBy.limit)
    return this.#exit
  }

  /** The container says on descriptor 3 which process is the first inside it; that one is its own, not the server's. */
  #readContainerInfo(): void {
    const info = this.#child.stdio[3]
    if (info === null || info === undefined || !('on' in info)) return
    let text = ''
    info.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const inner = /"child-pid":\s*(\d+)/.exec(text)?.[1]
      if (inner !== undefined) this.#wrapperPids.add(Number(inner))
    })
    info.on('error', () => undefined)
  }

  /** What goes wrong after the end must not lose how the server ended. */
  #note(error: unknown): void {
    this.#tail.write(Buffer.from(`\n[assay] ${String(error)}\n`))
  }

  #freshTree(): ProcessStat[] {
    return this.#tree.scan({ afresh: true })
  }

  /**
   * What ends everything at one blow, where there is such a thing: the container's first process takes all others along, by the kernel's
   * hand, faster than any fork bomb forks. Where there is no `/proc`, the group is all that can be found of a tree.
   */
  #killOutermost(): void {
    const pid = this.#child.pid
    if (pid === undefined || this.#exit !== null) return
    const inner = [...this.#wrapperPids].filter(wrapper => wrapper !== pid)
    if (this.#launch.isContained) for (const wrapper of inner.length > 0 ? inner : [pid]) trySignal(wrapper, 'SIGKILL')
    if (process.platform !== 'linux') trySignal(-pid, 'SIGKILL')
  }

  #killNow(): void {
    this.#killOutermost()
    killAllNow(() => this.#freshTree())
  }
}

/** The shell and the container report a server's death by signal N as exit code 128 + N. */
function signalFromCode(code: number | null, signal: NodeJS.Signals | null): readonly [number | null, NodeJS.Signals | null] {
  if (code === null || code <= 128) return [code, signal]
  const known = Object.entries(constants.signals).find(([, number]) => number === code - 128)
  return known === undefined ? [code, signal] : [null, known[0] as NodeJS.Signals]
}
