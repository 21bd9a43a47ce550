import { CandidateFault } from '../../candidate/fault.ts'
import type { ExitInfo } from '../../candidate/exit-info.ts'
import type { ProcessSample } from '../../candidate/process-sample.ts'
import type { RunningCandidate } from '../../candidate/running-candidate.ts'
import type { KvHistoryRecorder } from '../../record/kv-history-recorder.ts'
import { KvClient } from '../../wire/kv-client.ts'
import type { Patience } from '../patience.ts'

const HEALTH_POLL_MS = 25
const HEALTH_TIMEOUT_MS = 1000

/** How a node's server is started: everything but who its peers are. */
type NodeStarter = (node: KvNode, peers: string) => Promise<RunningCandidate>

export interface KvNodeOptions {
  readonly name: string
  readonly host: string
  readonly port: number
  /** What is out of the ordinary about how it is started (`started on …`). Default: nothing. */
  readonly circumstance?: string
  /** Its DATA_DIR, kept over restarts. */
  readonly dataFolder: string
  /** Milliseconds that it may take until it serves. */
  readonly readyMs: number
  readonly start: NodeStarter
  readonly recorder: KvHistoryRecorder
  readonly patience: Patience
  readonly nowMs: () => number
}

/** One node of a cluster: the same name, address and DATA_DIR over all its processes. */
export class KvNode {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly dataFolder: string
  /** Every server that was started for it, the last one last. */
  readonly servers: RunningCandidate[] = []
  readonly #options: KvNodeOptions
  readonly #circumstance: string
  #state: 'down' | 'running' | 'paused' = 'down'
  #mayEnd = false

  constructor(options: KvNodeOptions) {
    this.#options = options
    this.#circumstance = options.circumstance ?? ''
    this.name = options.name
    this.host = options.host
    this.port = options.port
    this.dataFolder = options.dataFolder
  }

  /** What the harness made of it; one that has ended by itself still counts as running, until `crashed` is asked. */
  get state(): 'down' | 'running' | 'paused' {
    return this.#state
  }

  /** The server that runs, or ran last. */
  get server(): RunningCandidate {
    const server = this.servers.at(-1)
    if (server === undefined) throw new Error(`Expected node ${this.name} to have been started. This is a bug in Assay.`)
    return server
  }

  /** How it ended though nobody had asked it to; `null` where it did not. */
  get crash(): ExitInfo | null {
    if (this.#mayEnd) return null
    const exits = this.servers.map(server => server.hasExited()).filter(exit => exit !== null)
    const exit = exits.find(({ cause }) => ['itself', 'limit'].includes(cause))
    if (exit === undefined) return null
    return this.#circumstance === '' ? exit : { ...exit, explanation: `${this.#title} ended: ${exit.explanation}` }
  }

  /** Starts its process, and waits for nothing. `peers` is what it finds in PEERS. */
  async start(peers: string): Promise<void> {
    this.#event('started', `starts with PEERS=${peers}`)
    this.servers.push(await this.#options.start(this, peers))
    this.#state = 'running'
  }

  /** Whether /health says 200 within so long (default: the manifest's `readyTimeout`). @throws CandidateFault when its process ends. */
  async ready(withinMs: number = this.#options.readyMs): Promise<boolean> {
    const client = new KvClient({ host: this.host, port: this.port, timeoutMs: HEALTH_TIMEOUT_MS })
    const { nowMs, patience } = this.#options
    const endMs = nowMs() + withinMs
    try {
      for (;;) {
        const { outcome } = await client.health()
        if (outcome === 'ok') {
          this.#event('serving', 'says that it serves')
          return true
        }
        const exit = this.server.hasExited()
        if (exit !== null) throw new CandidateFault(`${this.#title} ended while it was to start. ${exit.explanation}`, this.server.output())
        if (nowMs() >= endMs) return false
        await patience.pause(HEALTH_POLL_MS)
      }
    } finally {
      client.close()
    }
  }

  /** kill -9 to its whole process tree. */
  async kill(): Promise<void> {
    this.#event('killed', 'kill -9')
    this.#state = 'down'
    await this.server.crash()
  }

  /** SIGTERM, and SIGKILL to what is left after 5 s; `cause: 'killed'` where it came to that. */
  async terminate(): Promise<ExitInfo> {
    this.#event('terminated', 'SIGTERM')
    this.#state = 'down'
    return await this.server.stop()
  }

  /** SIGSTOP to its whole process tree; its kernel still accepts connections. */
  pause(): void {
    this.#event('paused', 'SIGSTOP')
    this.#state = 'paused'
    this.server.freeze()
  }

  resume(): void {
    this.#event('resumed', 'SIGCONT')
    this.#state = 'running'
    this.server.thaw()
  }

  /** From now on its end is no crash, as there is a reason for it. */
  mayEnd(reason: string): void {
    this.#event('note', `may end: ${reason}`)
    this.#mayEnd = true
  }

  /** Memory, CPU and descriptors of its whole process tree now; `null` while it is down. */
  sample(): ProcessSample | null {
    return this.#state === 'down' ? null : this.server.sample()
  }

  get #title(): string {
    return this.#circumstance === '' ? `Node ${this.name}` : `Node ${this.name}, ${this.#circumstance},`
  }

  #event(kind: 'started' | 'serving' | 'killed' | 'terminated' | 'paused' | 'resumed' | 'note', text: string): void {
    this.#options.recorder.event({ atMs: this.#options.nowMs(), node: this.name, kind, text })
  }
}
