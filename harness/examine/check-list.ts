import type { Check } from './check.ts'
import { body } from './checks/body.ts'
import { bounded } from './checks/bounded.ts'
import { disconnect } from './checks/disconnect.ts'
import { eviction } from './checks/eviction.ts'
import { fanout } from './checks/fanout.ts'
import { halfOpen } from './checks/half-open.ts'
import { isolation } from './checks/isolation.ts'
import { largeChannel } from './checks/large-channel.ts'
import { latency } from './checks/latency.ts'
import { malformed } from './checks/malformed.ts'
import { manyChannels } from './checks/many-channels.ts'
import { noHistory } from './checks/no-history.ts'
import { oversized } from './checks/oversized.ts'
import { pipelining } from './checks/pipelining.ts'
import { raceFirstJoin } from './checks/race-first-join.ts'
import { raceChurn } from './checks/race-churn.ts'
import { raceJoinOrder } from './checks/race-join-order.ts'
import { raceJoinWhileSending } from './checks/race-join-while-sending.ts'
import { raceSameConnection } from './checks/race-same-connection.ts'
import { raceTakeover } from './checks/race-takeover.ts'
import { recovery } from './checks/recovery.ts'
import { rejoin } from './checks/rejoin.ts'
import { slowReaderIsolation } from './checks/slow-reader-isolation.ts'
import { takeover } from './checks/takeover.ts'
import { costJoin } from './checks/cost-join.ts'
import { costLeave } from './checks/cost-leave.ts'
import { costSend } from './checks/cost-send.ts'
import { capacityFloor } from './checks/capacity-floor.ts'
import { mesh } from './checks/mesh.ts'
import { shedding } from './checks/shedding.ts'
import { connectionLimit } from './checks/connection-limit.ts'

/** Every check, in the order in which they are run. */
export const CHECKS: readonly Check[] = [
  fanout,
  body,
  pipelining,
  manyChannels,
  largeChannel,
  latency,
  isolation,
  noHistory,
  rejoin,
  disconnect,
  raceFirstJoin,
  raceJoinOrder,
  raceSameConnection,
  raceJoinWhileSending,
  raceChurn,
  takeover,
  raceTakeover,
  costJoin,
  costSend,
  costLeave,
  malformed,
  oversized,
  halfOpen,
  slowReaderIsolation,
  recovery,
  bounded,
  eviction,
  capacityFloor,
  mesh,
  shedding,
  connectionLimit,
]
