/** Stores whose nodes live in this process, right unless they are told a flaw; and checks that play against them, with time that runs faster. */
import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { ExitInfo } from '../../candidate/exit-info.ts'
import type { ProcessSample } from '../../candidate/process-sample.ts'
import type { RunningCandidate } from '../../candidate/running-candidate.ts'
import type { StartOptions } from '../../candidate/start-candidate.ts'
import type { CheckFinding } from '../check.ts'
import { KvAttempt } from './kv-attempt.ts'
import type { KvCheck } from './kv-check.ts'

/** So many times as fast as the clock on the wall time runs for a check and its store. */
const SPEED = 10
/** In real ms. */
const TICK_MS = 4
/** In the check's ms: less than what a check takes for being held up. */
const LONGEST_STEP_MS = 60
/** In the check's ms: what could not be sent at once. */
const PUSH_EVERY_MS = 80
const COPY_EVERY_MS = 1000
const LONG_COPY_MS = 400
/** In real ms. */
const PEER_TIMEOUT_MS = 500
const COPY_TIMEOUT_MS = 200

/** What makes a store wrong; each is asked where a right store does something else. */
export interface Flaws {
  /** A status that a client gets instead of an answer. */
  refusal?(node: FakeNode, method: string, key: string): number | null
  /** How long a node takes to acknowledge what it has written, in the check's ms. */
  savesForMs?(key: string): number
  /** How long a node takes over its start, in the check's ms, before it does anything. */
  startsAfterMs?(node: FakeNode): number
  /** Whether a node ends by itself as soon as it is started. */
  diesAtStart?(node: FakeNode): boolean
  /** What a node makes of what it finds on its disk. */
  loads?(node: FakeNode): void
  /** What a peer has sent, as it is taken; `null` is a delete. */
  spoils?(key: string, value: string | null): readonly [string, string | null]
  /** So many entries a peer gives to one that asks for all. */
  readonly copiesAtMost?: number
  /** Whether of such a key nothing is taken that is sent to a node before it serves, though it says so; it takes longer to serve then. */
  forgetsWhileCopying?(key: string): boolean
  /** Whether a peer is never told of a write of such a key. */
  forgetsToTell?(key: string): boolean
  /** What is written to a node is at once on all others, whatever is between them. */
  readonly talksPastPeers?: boolean
  /** The delete of a key that is not there leaves nothing behind. */
  readonly forgetsDeletesOfAbsent?: boolean
  /** Entries that a peer has sent are taken whatever is there. */
  readonly takesAll?: boolean
  /** A delete leaves nothing behind. */
  readonly forgetsDeletes?: boolean
  /** How long a delete is remembered, in the check's ms. */
  readonly remembersDeletesForMs?: number
  /** How many deletes are remembered: the latest. */
  readonly remembersDeletes?: number
  /** Deletes that a node finds on its disk are forgotten. */
  readonly loadsNoDeletes?: boolean
  /** What a node finds on its disk counts as written now. */
  readonly loadsAsNew?: boolean
  /** A node asks its peers for what they have when it starts, and never again. */
  readonly asksOnce?: boolean
  /** Each node asks its peers for what they have so often, in the check's ms. Default 1000. */
  readonly copiesEveryMs?: number
  /** What was not taken by a peer at once is never sent again. */
  readonly sendsOnce?: boolean
  /** What a peer has sent is sent to all peers, newer or not. */
  readonly echoes?: boolean
  /** Once nobody has asked for so long, in the check's ms, all messages come again, and are taken whatever is there. */
  readonly repeatsWhenIdleMs?: number
  /** Blanks at the end of each message to a peer. */
  readonly padding?: number
  /** Never sends anything. */
  readonly isSilent?: boolean
  /** Each node sends everything to everybody so often, in the check's ms, whether there is something new or not. */
  readonly gossipsEveryMs?: number
  sample?(node: FakeNode): ProcessSample | null
}

export interface FakeEntry {
  readonly stamp: number
  readonly by: string
  /** `null` is a delete; bytes a character each. */
  readonly value: string | null
}
type Entries = Map<string, FakeEntry>

/** Calls `play` while `performance.now()` and timers run fast. Where this process is held up, that clock stands still but for a moment. */
export async function hurried<Result>(play: () => Promise<Result>): Promise<Result> {
  const { setTimeout: realTimeout, setInterval: realInterval } = globalThis
  const realNow = performance.now.bind(performance)
  let clockMs = realNow()
  let lookedAtMs = clockMs
  const now = (): number => clockMs + Math.min(LONGEST_STEP_MS, (realNow() - lookedAtMs) * SPEED)
  const ticking = realInterval(() => {
    clockMs = now()
    lookedAtMs = realNow()
  }, TICK_MS)
  performance.now = now
  globalThis.setTimeout = Object.assign((run: () => void, ms = 0) => realTimeout(run, ms / SPEED), realTimeout)
  globalThis.setInterval = (run: () => void, ms = 0) => realInterval(run, ms / SPEED)
  try {
    return await play()
  } finally {
    clearInterval(ticking)
    performance.now = realNow
    globalThis.setTimeout = realTimeout
    globalThis.setInterval = realInterval
  }
}

/** How often a check is played that a full machine has made inconclusive. */
const MAX_PLAYS = 3

/**
 * What a check finds about such a store, or the error that ended it. Everything has ended when this returns. `signal` interrupts it, as a person
 * would.
 */
export async function findingOn(check: KvCheck, flaws: Flaws = {}, signal = new AbortController().signal): Promise<CheckFinding | Error> {
  for (let play = 1; ; play++) {
    const finding = await playOn(check, flaws, signal)
    if (finding instanceof Error || finding.outcome !== 'inconclusive' || play === MAX_PLAYS) return finding
  }
}

async function playOn(check: KvCheck, flaws: Flaws, signal: AbortSignal): Promise<CheckFinding | Error> {
  const store = new FakeStore(flaws)
  const shared = { target: { kind: 'url', transport: 'http', host: '', port: 0, url: '' }, manifest: null, quick: true } as const
  // Ports are drawn from the seed, and other processes draw too.
  const ground = { ...shared, seed: process.pid, pid: undefined, signal, start: store.start }
  return await hurried(async () => {
    const attempt = new KvAttempt(check, { ground, repetition: 1, progress: () => undefined })
    try {
      return await attempt.run()
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    } finally {
      await attempt.close()
    }
  })
}

export class FakeStore {
  readonly nodes: FakeNode[] = []
  /** When a client asked any node for a key, last. */
  askedAtMs = Infinity
  readonly #flaws: Flaws
  /** By DATA_DIR. */
  readonly #disks = new Map<string, Entries>()

  constructor(flaws: Flaws = {}) {
    this.#flaws = flaws
  }

  readonly start = async (options: StartOptions = {}): Promise<RunningCandidate> => {
    const { NODE = '', PEERS = '', DATA_DIR = '' } = options.extraEnv ?? {}
    const disk = this.#disks.get(DATA_DIR) ?? new Map<string, FakeEntry>()
    this.#disks.set(DATA_DIR, disk)
    const node = new FakeNode({ name: NODE, peers: PEERS.split(',').filter(Boolean), disk, flaws: this.#flaws, store: this })
    this.nodes.push(node)
    await node.listen(options.host ?? '', options.port ?? 0)
    return node.server
  }
}

interface FakeNodeOptions {
  readonly name: string
  readonly peers: readonly string[]
  readonly disk: Entries
  readonly flaws: Flaws
  readonly store: FakeStore
}

export class FakeNode {
  readonly name: string
  /** What it found in its PEERS. */
  readonly peers: readonly string[]
  readonly store: FakeStore
  port = 0
  readonly server: RunningCandidate
  readonly entries: Entries
  readonly startedAtMs = performance.now()
  readonly #flaws: Flaws
  readonly #peers: readonly PeerLine[]
  readonly #http: Server
  #hasCopied = false
  #clock = 0
  #exit: ExitInfo | null = null
  #timer: NodeJS.Timeout | undefined
  /** Requests that wait for a paused node to go on. */
  #waiting: (() => void)[] | null = null

  constructor({ name, peers, disk, flaws, store }: FakeNodeOptions) {
    this.name = name
    this.peers = peers
    this.store = store
    this.entries = disk
    this.#flaws = flaws
    this.#peers = peers.filter(peer => !peer.startsWith(`${name}=`)).map(peer => new PeerLine(peer.split('=')[1] ?? '', flaws))
    this.#http = createServer((incoming, response) => void this.#serve(incoming, response))
    this.server = this.#candidate()
    if (flaws.loadsNoDeletes === true) this.#forgetDeletes(0)
    flaws.loads?.(this)
    if (flaws.loadsAsNew === true) for (const [key, { value }] of disk) disk.set(key, { ...this.#stamped(), value })
  }

  get isUp(): boolean {
    return this.#exit === null
  }

  async listen(host: string, port: number): Promise<void> {
    this.port = port
    this.#http.listen(port, host)
    await once(this.#http, 'listening')
    void this.#begin()
  }

  async #begin(): Promise<void> {
    if (this.#flaws.diesAtStart?.(this) === true) return void (await this.#end('itself'))
    const takesMs = this.#flaws.startsAfterMs?.(this) ?? 0
    await new Promise(resolve => setTimeout(resolve, takesMs))
    await this.#copy()
    if (this.#flaws.forgetsWhileCopying !== undefined) await new Promise(resolve => setTimeout(resolve, LONG_COPY_MS))
    for (const peer of this.#peers) peer.addAll(this.entries.keys())
    this.#hasCopied = true
    if (!this.isUp) return
    let pushedAtMs = 0
    let copiedAtMs = performance.now()
    this.#timer = setInterval(() => {
      if (this.#waiting !== null) return
      this.#forgetDeletes(this.#flaws.remembersDeletesForMs ?? Infinity)
      this.#forgetDeletesBut(this.#flaws.remembersDeletes ?? Infinity)
      const everyMs = this.#flaws.gossipsEveryMs ?? Infinity
      if (performance.now() - pushedAtMs >= everyMs) {
        pushedAtMs = performance.now()
        for (const peer of this.#peers) peer.addAll(this.entries.keys())
      }
      for (const peer of this.#peers) peer.push(this.entries)
      if (performance.now() - this.store.askedAtMs > (this.#flaws.repeatsWhenIdleMs ?? Infinity))
        for (const peer of this.#peers) peer.repeat()
      if (this.#flaws.asksOnce === true || performance.now() - copiedAtMs < (this.#flaws.copiesEveryMs ?? COPY_EVERY_MS)) return
      copiedAtMs = performance.now()
      void this.#copy()
    }, PUSH_EVERY_MS)
  }

  async #copy(): Promise<void> {
    await Promise.all(this.#peers.map(async peer => this.#take(await peer.ask('GET', '', COPY_TIMEOUT_MS).catch(() => '{}'))))
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming).catch(() => null)
    if (body === null) return
    if (this.#waiting !== null) await new Promise<void>(resolve => this.#waiting?.push(resolve))
    const path = incoming.url ?? ''
    if (path === '/peer') return this.#servePeer(incoming.method ?? '', body, response)
    if (path === '/health') return void response.writeHead(this.#hasCopied ? 200 : 503).end()
    this.store.askedAtMs = performance.now()
    const key = decodeURIComponent(path.slice('/kv/'.length))
    const method = incoming.method ?? ''
    const refusal = this.#hasCopied ? (this.#flaws.refusal?.(this, method, key) ?? null) : 503
    if (refusal !== null) return void response.writeHead(refusal).end('refused')
    if (method === 'GET') {
      const value = this.entries.get(key)?.value ?? null
      return void response.writeHead(value === null ? 404 : 200).end(value === null ? '' : Buffer.from(value, 'latin1'))
    }
    this.#write(key, method === 'PUT' ? body : null)
    const savesForMs = this.#flaws.savesForMs?.(key) ?? 0
    if (savesForMs > 0) await new Promise(resolve => setTimeout(resolve, savesForMs))
    response.writeHead(204).end()
  }

  #servePeer(method: string, body: string, response: ServerResponse): void {
    if (method === 'GET') {
      const entries = [...this.entries].slice(0, this.#flaws.copiesAtMost)
      return void response.end(Buffer.from(messageOf(entries), 'latin1'))
    }
    this.#take(body, method === 'PUT')
    response.end()
  }

  #write(key: string, value: string | null): void {
    if (value === null && this.#flaws.forgetsDeletesOfAbsent === true && !this.entries.has(key)) return
    if (value === null && this.#flaws.forgetsDeletes === true) this.entries.delete(key)
    else this.entries.set(key, { ...this.#stamped(), value })
    const written = this.entries.get(key)
    if (this.#flaws.talksPastPeers === true && written !== undefined)
      for (const { entries } of this.store.nodes.filter(({ isUp }) => isUp)) entries.set(key, written)
    for (const peer of this.#peers) {
      if (value === null && this.#flaws.forgetsDeletes === true) void peer.ask('POST', forgetting(key)).catch(() => undefined)
      else peer.forward([key], this.entries)
    }
  }

  #take(body: string, isRepeated = false): void {
    const told: string[] = []
    for (const [sentKey, sent] of Object.entries(JSON.parse(body) as Record<string, FakeEntry>)) {
      const [key, value] = this.#flaws.spoils?.(sentKey, sent.value) ?? [sentKey, sent.value]
      const entry = { ...sent, value }
      if (!this.#hasCopied && this.#flaws.forgetsWhileCopying?.(key) === true) continue
      this.#clock = Math.max(this.#clock, entry.stamp)
      const held = this.entries.get(key)
      if (this.#flaws.forgetsDeletes === true && entry.value === null) this.entries.delete(key)
      else if (isRepeated || this.#flaws.takesAll === true || held === undefined || isNewer(entry, held)) this.entries.set(key, entry)
      told.push(key)
    }
    if (this.#flaws.echoes === true && told.length > 0) for (const peer of this.#peers) peer.forward(told, this.entries)
  }

  #forgetDeletes(olderThanMs: number): void {
    const before = performance.now() - olderThanMs
    for (const [key, { stamp, value }] of this.entries) if (value === null && stamp <= before) this.entries.delete(key)
  }

  #forgetDeletesBut(count: number): void {
    const deletes = [...this.entries].filter(([, { value }]) => value === null).toSorted(([, a], [, b]) => b.stamp - a.stamp)
    for (const [key] of deletes.slice(count)) this.entries.delete(key)
  }

  #stamped(): Pick<FakeEntry, 'stamp' | 'by'> {
    this.#clock = Math.max(this.#clock + 0.001, performance.now())
    return { stamp: this.#clock, by: this.name }
  }

  async #end(cause: ExitInfo['cause']): Promise<ExitInfo> {
    this.#exit ??= { code: null, signal: null, cause, explanation: cause }
    clearInterval(this.#timer)
    for (const peer of this.#peers) peer.close()
    this.server.thaw()
    if (this.#http.listening) {
      this.#http.close()
      this.#http.closeAllConnections()
      await once(this.#http, 'close')
    }
    return this.#exit
  }

  #candidate(): RunningCandidate {
    return {
      name: this.name,
      language: 'none',
      transport: 'http',
      host: '127.0.0.1',
      port: 0,
      url: '',
      rootPid: null,
      containment: undefined,
      canFreeze: true,
      output: () => '',
      printedBytes: () => 0,
      sample: () => this.#flaws.sample?.(this) ?? ownUse(),
      preciseCpuSeconds: () => null,
      pids: () => [],
      exited: new Promise(() => undefined),
      hasExited: () => this.#exit,
      freeze: () => void (this.#waiting ??= []),
      thaw: () => {
        for (const goOn of this.#waiting ?? []) goOn()
        this.#waiting = null
      },
      stop: async () => await this.#end('stopped'),
      crash: async () => await this.#end('crashed'),
    }
  }
}

/** To one peer: keys wait, values do not. */
class PeerLine {
  readonly #host: string
  readonly #port: number
  readonly #flaws: Flaws
  readonly #keys = new Set<string>()
  readonly #sent: string[] = []
  readonly #ending = new AbortController()
  readonly #agent = new Agent({ keepAlive: true })
  #isBusy = false

  constructor(address: string, flaws: Flaws) {
    const [host = '', port = ''] = address.split(':')
    this.#host = host
    this.#port = Number(port)
    this.#flaws = flaws
  }

  add(key: string): void {
    if (this.#flaws.isSilent !== true && this.#flaws.forgetsToTell?.(key) !== true) this.#keys.add(key)
  }

  addAll(keys: Iterable<string>): void {
    for (const key of keys) this.add(key)
  }

  push(entries: Entries): void {
    if (this.#isBusy || this.#keys.size === 0) return
    const keys = [...this.#keys]
    this.#keys.clear()
    this.#isBusy = true
    this.#send(keys, entries)
      .catch(() => {
        if (this.#flaws.sendsOnce !== true) this.addAll(keys)
      })
      .finally(() => (this.#isBusy = false))
  }

  /** At once, and again when more has come meanwhile. */
  forward(keys: Iterable<string>, entries: Entries): void {
    this.addAll(keys)
    setImmediate(() => this.push(entries))
  }

  async ask(method: string, body: string, timeoutMs = PEER_TIMEOUT_MS): Promise<string> {
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(timeoutMs)])
    return await new Promise((resolve, reject) => {
      const shared = { host: this.#host, port: this.#port, method, path: '/peer', agent: this.#agent } as const
      const outgoing = request({ ...shared, signal }, response => void bodyOf(response).then(resolve, reject))
      outgoing.on('error', reject)
      outgoing.end(Buffer.from(body, 'latin1'))
    })
  }

  repeat(): void {
    for (const body of this.#sent.splice(0)) void this.ask('PUT', body).catch(() => undefined)
  }

  close(): void {
    this.#ending.abort()
    this.#agent.destroy()
  }

  async #send(keys: readonly string[], entries: Entries): Promise<void> {
    const told = keys.flatMap(key => {
      const entry = entries.get(key)
      return entry === undefined ? [] : [[key, entry] as const]
    })
    const body = messageOf(told) + ' '.repeat(this.#flaws.padding ?? 0)
    await this.ask('POST', body)
    if (this.#flaws.repeatsWhenIdleMs !== undefined) this.#sent.push(body)
  }
}

function isNewer(one: FakeEntry, other: FakeEntry): boolean {
  return one.stamp === other.stamp ? one.by > other.by : one.stamp > other.stamp
}

function forgetting(key: string): string {
  return messageOf([[key, { stamp: 0, by: '', value: null }]])
}

/** A character a byte, so that others of a key are escaped. */
function messageOf(entries: readonly (readonly [string, FakeEntry])[]): string {
  const json = JSON.stringify(Object.fromEntries(entries))
  return json.replace(/[\u0100-\uffff]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function ownUse(): ProcessSample {
  const { user, system } = process.cpuUsage()
  return { cpuSeconds: (user + system) / 1e6, rssBytes: 64 * 1024 * 1024, fds: 10, threads: 1, processes: 1 }
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of message as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts).toString('latin1')
}
