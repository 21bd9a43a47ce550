import { randomBytes } from 'node:crypto'
import { zeroCounters } from './counters.ts'
import { HttpDoor } from './http-door.ts'
import { LIMITS } from './limits.ts'
import type { Say } from './log-lines.ts'
import { openMetrics } from './metrics.ts'
import type { PeerAddress } from './peer-address.ts'
import { Peers } from './peers.ts'
import { SavedStore, type Durability } from './saved-store.ts'

export interface NodeOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly peers: readonly PeerAddress[]
  readonly folder: string
  readonly durability: Durability
  readonly say: Say
  /** See `LIMITS.minLogBytesToSnapshot`, which it is unless told. */
  readonly minLogBytesToSnapshot?: number
  /** The wall clock, in ms since 1970; the machine's unless told. */
  readonly wallMs?: () => number
}

export interface KvNode {
  readonly port: number
  /** Ends requests under way, hands the last writes to the peers and to the disk. */
  stop(): Promise<void>
}

/**
 * Starts a node; resolves when it serves clients. The port comes first: where another node has it, this one must not touch the files, which may
 * well be the other's.
 *
 * @throws Error where the port is taken, or the folder cannot be used.
 */
export async function startNode(options: NodeOptions): Promise<KvNode> {
  const { host, folder, durability, say, minLogBytesToSnapshot = LIMITS.minLogBytesToSnapshot, wallMs = Date.now } = options
  const counters = zeroCounters()
  let node: { readonly saved: SavedStore; readonly peers: Peers } | undefined
  const door = new HttpDoor({
    counters,
    say,
    metrics: async () => ({ text: await metrics.text(), contentType: metrics.contentType }),
  })
  const gauge = (name: string, help: string, read: (saved: SavedStore, peers: Peers) => number) => ({
    name,
    help,
    read: () => (node === undefined ? 0 : read(node.saved, node.peers)),
  })
  const metrics = openMetrics({
    counters,
    gauges: [
      gauge('keys', 'Keys that have a value', saved => saved.store.keys),
      gauge('tombstones', 'Deletes that are remembered', saved => saved.store.tombstones),
      gauge('data_bytes', 'Bytes of keys and values', saved => saved.store.bytes),
      gauge('log_bytes', 'Bytes of logs that no snapshot has replaced', saved => saved.logBytes),
      gauge('unflushed_bytes', 'Bytes that wait for the disk', saved => saved.unflushedBytes),
      gauge('snapshots', 'Snapshots taken since the start', saved => saved.snapshots),
      gauge('disk_broken', '1 while the disk refuses writes', saved => Number(saved.broken)),
      gauge('body_bytes', 'Bytes of bodies that are being received', () => door.bodyBytes),
      gauge('peers_reachable', 'Peers that answered last', (_, peers) => peers.reachable),
      gauge('peer_keys_waiting', 'Keys that wait to be pushed', (_, peers) => peers.keysWaiting),
      gauge('entries_exchanged', 'Entries that comparing moved, either way', (_, peers) => peers.entriesExchanged),
    ],
  })

  const port = await door.listen(host, options.port)
  const saved = await SavedStore.open({
    folder,
    durability,
    origin: randomBytes(6).readUIntBE(0, 6),
    wallMs,
    say,
    minLogBytesToSnapshot,
    onWrite: key => node?.peers.push(key),
  })
  const peers = new Peers(options.peers, saved, say)
  node = { saved, peers }
  const sweep = setInterval(() => saved.dropOldTombstones(), LIMITS.tombstoneSweepMs)
  door.servePeers(saved)
  await peers.join()
  door.serveClients()

  return {
    port,
    stop: async () => {
      clearInterval(sweep)
      await door.close()
      await peers.close()
      await saved.close()
    },
  }
}
