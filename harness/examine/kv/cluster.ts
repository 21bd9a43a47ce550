/** Several nodes of one candidate on the loopback range, each at an address of its own. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CandidateFault } from '../../candidate/fault.ts'
import { isPortTaken } from '../../candidate/listening-sockets.ts'
import type { RunningCandidate } from '../../candidate/running-candidate.ts'
import type { StartOptions } from '../../candidate/start-candidate.ts'
import type { KvHistoryRecorder } from '../../record/kv-history-recorder.ts'
import type { Random } from '../../scenario/seeded-random.ts'
import type { Patience } from '../patience.ts'
import { KvNode } from './kv-node.ts'

/** The address that goes into the PEERS of `from` for `to`: the real one, or a relay's. */
export type PeerRoute = (from: KvNode, to: KvNode, address: PeerAddress) => PeerAddress | Promise<PeerAddress>

export interface PeerAddress {
  readonly host: string
  readonly port: number
}

export interface ClusterOptions {
  /** Nodes to begin with, 1 to 200; they are called a, b, c, … Default 3. */
  readonly size?: number
  readonly route?: PeerRoute
  /** The PEERS of a node name the node itself as well, at its own address. */
  readonly namesSelf?: boolean
  /** All nodes listen on the same port, each at its own address. */
  readonly hasOnePort?: boolean
  /** More environment for one node's process, e.g. faketime's. */
  readonly extraEnv?: (name: string) => Readonly<Record<string, string>>
  /** Where a node's DATA_DIR is, instead of a folder that the cluster makes and removes, e.g. a small file system. */
  readonly dataFolder?: (name: string) => Promise<string>
  readonly limits?: StartOptions['limits']
  /** More that a node may see at its own path, e.g. a library to preload. */
  readonly readOnlyPaths?: readonly string[]
}

/** What a cluster needs from the examination. */
export interface ClusterGround {
  readonly readyMs: number
  readonly recorder: KvHistoryRecorder
  readonly patience: Patience
  readonly nowMs: () => number
  readonly random: Random
  readonly start: (options: StartOptions) => Promise<RunningCandidate>
}

/** 127.0.0.2 is the first node's. */
const FIRST_HOST = 2
/** Below the range from which the kernel takes ports for connections, so that a port stays free while its node is down. */
const LOWEST_PORT = 12_000
const PORTS = 18_000
const PORT_TRIES = 100

export class KvCluster {
  readonly nodes: KvNode[] = []
  readonly #ground: ClusterGround
  readonly #options: ClusterOptions
  readonly #addresses: () => number
  /** Whom each node finds in its PEERS. */
  readonly #peersOf = new Map<KvNode, readonly KvNode[]>()
  #root: string | undefined

  /** Makes the nodes and starts none. `addresses` gives the last byte of the next node's address. */
  static async make(ground: ClusterGround, options: ClusterOptions, addresses: () => number): Promise<KvCluster> {
    const cluster = new KvCluster(ground, options, addresses)
    for (let at = 0; at < (options.size ?? 3); at++) await cluster.#addNode()
    for (const node of cluster.nodes)
      cluster.#peersOf.set(
        node,
        cluster.nodes.filter(other => other !== node),
      )
    return cluster
  }

  private constructor(ground: ClusterGround, options: ClusterOptions, addresses: () => number) {
    this.#ground = ground
    this.#options = options
    this.#addresses = addresses
  }

  /** By its name: a, b, c, … */
  node(name: string): KvNode {
    const node = this.nodes.find(one => one.name === name)
    if (node === undefined) throw new Error(`Expected a node of the cluster, got ${name}. This is a bug in Assay.`)
    return node
  }

  /** Every node but this one. */
  others(node: KvNode): KvNode[] {
    return this.nodes.filter(other => other !== node)
  }

  /** Starts all that are down, all before any is waited for, and waits until each serves. @throws CandidateFault when one does not. */
  async start(nodes: readonly KvNode[] = this.nodes): Promise<void> {
    const down = nodes.filter(node => node.state === 'down')
    await Promise.all(down.map(node => this.launch(node)))
    const isReady = await Promise.all(down.map(node => node.ready()))
    const late = down.filter((_, at) => isReady[at] !== true)
    if (late.length === 0) return
    const names = late.map(({ name }) => name).join(', ')
    const text = `Expected GET /health of node ${names} to say 200 within ${this.#ground.readyMs / 1000} s, got none.`
    throw new CandidateFault(`${text} Answer it as soon as the node serves, or raise \`readyTimeout\`.`, late[0]?.server.output() ?? '')
  }

  /** Starts one node's process again, with the same PEERS and DATA_DIR, and waits for nothing. */
  async launch(node: KvNode): Promise<void> {
    await node.start(await this.#peerList(node))
  }

  /** A new node that is in nobody's PEERS and finds `peers` (default: all others) in its own. Not started yet. */
  async add(peers: readonly KvNode[] = [...this.nodes]): Promise<KvNode> {
    const node = await this.#addNode()
    this.#peersOf.set(node, peers)
    return node
  }

  /** Ends all nodes and removes their data. */
  async close(): Promise<void> {
    await Promise.all(this.nodes.flatMap(node => node.servers).map(server => server.crash()))
    if (this.#root !== undefined) await rm(this.#root, { recursive: true, force: true, maxRetries: 3 })
  }

  async #peerList(node: KvNode): Promise<string> {
    const { route = (_from, _to, address) => address } = this.#options
    const peers = this.#options.namesSelf === true ? [`${node.name}=${node.host}:${node.port}`] : []
    for (const peer of this.#peersOf.get(node) ?? []) {
      const { host, port } = await route(node, peer, { host: peer.host, port: peer.port })
      peers.push(`${peer.name}=${host}:${port}`)
    }
    return peers.join(',')
  }

  async #addNode(): Promise<KvNode> {
    const { readyMs, recorder, patience, nowMs, start } = this.#ground
    const { extraEnv, limits, readOnlyPaths = [], hasOnePort = false, namesSelf = false } = this.#options
    const name = nameOf(this.nodes.length)
    const node = new KvNode({
      name,
      host: `127.0.0.${FIRST_HOST + this.#addresses()}`,
      port: (hasOnePort ? this.nodes[0]?.port : undefined) ?? this.#freePort(),
      circumstance: circumstanceOf({ hasOnePort, namesSelf }),
      dataFolder: await this.#dataFolder(name),
      readyMs,
      recorder,
      patience,
      nowMs,
      start: async ({ host, port, dataFolder }, peers) =>
        await start({
          host,
          port,
          isAwaited: false,
          extraEnv: { ...extraEnv?.(name), NODE: name, PEERS: peers, DATA_DIR: dataFolder },
          writablePaths: [dataFolder],
          readOnlyPaths,
          ...(limits === undefined ? {} : { limits }),
        }),
    })
    this.nodes.push(node)
    return node
  }

  async #dataFolder(name: string): Promise<string> {
    if (this.#options.dataFolder !== undefined) return await this.#options.dataFolder(name)
    this.#root ??= await mkdtemp(join(tmpdir(), 'assay-kv-'))
    const folder = join(this.#root, name)
    await mkdir(folder)
    return folder
  }

  #freePort(): number {
    const own = new Set(this.nodes.map(({ port }) => port))
    for (let tries = 0; tries < PORT_TRIES; tries++) {
      const port = LOWEST_PORT + this.#ground.random.below(PORTS)
      if (!own.has(port) && !isPortTaken(port)) return port
    }
    throw new Error(`Expected a free port from ${LOWEST_PORT} on, found none in ${PORT_TRIES} tries. End what holds them.`)
  }
}

/** What a node that ends may have ended of. */
function circumstanceOf({ hasOnePort, namesSelf }: { readonly hasOnePort: boolean; readonly namesSelf: boolean }): string {
  const parts = [
    ...(namesSelf ? ['with PEERS that name the node itself'] : []),
    ...(hasOnePort ? ['on the port that all nodes have, each at its own HOST'] : []),
  ]
  return parts.length === 0 ? '' : `started ${parts.join(' and ')}`
}

/** a to z, then n27, n28, … */
function nameOf(at: number): string {
  return at < 26 ? String.fromCharCode(0x61 + at) : `n${at + 1}`
}
