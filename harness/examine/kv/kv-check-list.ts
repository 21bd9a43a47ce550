import type { KvCheck } from './kv-check.ts'
import { basics } from './checks/k1-basics.ts'
import { bytes } from './checks/k1-bytes.ts'
import { concurrent } from './checks/k1-concurrent.ts'
import { durable } from './checks/k2-durable.ts'
import { shutdown } from './checks/k2-shutdown.ts'
import { converge } from './checks/k3-converge.ts'
import { noResurrection } from './checks/k3-no-resurrection.ts'
import { replication } from './checks/k3-replication.ts'
import { join } from './checks/k4-join.ts'
import { loneRestart } from './checks/k4-lone-restart.ts'
import { staleRestart } from './checks/k4-stale-restart.ts'
import { deadPeer } from './checks/k5-dead-peer.ts'
import { failover } from './checks/k5-failover.ts'
import { partition } from './checks/k5-partition.ts'
import { linearizable } from './checks/k6-linearizable.ts'
import { load } from './checks/k6-load.ts'
import { saturation } from './checks/k6-saturation.ts'
import { safeHttp } from './checks/safe-http.ts'

/** Every check of the second exercise, in the order in which they are run. */
export const KV_CHECKS: readonly KvCheck[] = [
  basics,
  bytes,
  concurrent,
  durable,
  shutdown,
  replication,
  converge,
  noResurrection,
  join,
  staleRestart,
  loneRestart,
  failover,
  partition,
  deadPeer,
  linearizable,
  load,
  saturation,
  safeHttp,
]
