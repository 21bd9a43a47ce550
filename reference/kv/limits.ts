/** Every bound of the store, with its reason. `ms` are milliseconds. */
export const LIMITS = {
  /** As the protocol has them. */
  maxKeyBytes: 256,
  maxValueBytes: 1024 * 1024,

  /** Bodies that are being received, all together. Past this a write is refused with 503 rather than let slow clients fill the memory. */
  maxBodiesBytes: 256 * 1024 * 1024,
  maxConnections: 8192,
  /** A client that trickles its headers or its body holds a connection for so long and no longer. */
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveMs: 30_000,

  /** How long a record may wait for others to be flushed with; half of it is the mean age of what a power cut takes. */
  groupFlushMs: 100,
  /** Records waiting for the disk. A flush begins at the first; at the second, writers wait until there is room. */
  flushEarlyBytes: 1024 * 1024,
  maxUnflushedBytes: 64 * 1024 * 1024,
  /** After a full disk or an I/O error the same bytes are tried again so often. */
  diskRetryMs: 500,
  /** The log may grow to this, or to the size of the data where that is more, before a snapshot replaces it. */
  minLogBytesToSnapshot: 64 * 1024 * 1024,
  /** After a snapshot that failed, the next is tried no sooner. */
  snapshotRetryMs: 30_000,

  /** One message to a peer; large enough for one largest value. A peer takes as much, and some more, in one request. */
  peerBatchBytes: 1024 * 1024,
  maxPeerMessageBytes: 16 * 1024 * 1024,
  /** Keys waiting for one peer. Only keys wait, never values; past this they are forgotten, and comparing digests finds them again. */
  maxKeysWaiting: 10_000,
  /** Versions of keys in one answer, while two nodes compare. */
  maxVersionsAtOnce: 20_000,
  /** A peer that does not answer in time is taken as away; its connection is closed. */
  peerTimeoutMs: 2_000,
  peerRetryMinMs: 50,
  peerRetryMaxMs: 1_000,
  /** How often each peer's digests are compared with ours. */
  compareEveryMs: 1_000,
  /** A starting node tries a peer that refuses connections for so long before it serves without it. */
  joinPatienceMs: 500,
  /** A starting node serves after so long even where copying has not ended. */
  joinLimitMs: 60_000,

  /** A version further ahead of this node's clock is refused: it would win over every write until that time comes. */
  maxClockAheadMs: 24 * 3600 * 1000,
  /** Deletes are remembered for so long. A node that was away for longer must come back empty. */
  tombstoneKeptMs: 7 * 24 * 3600 * 1000,
  tombstoneSweepMs: 10 * 60 * 1000,

  /** Time that requests under way get to end after SIGTERM, and then the last changes to reach the peers. */
  drainMs: 1_500,
} as const
