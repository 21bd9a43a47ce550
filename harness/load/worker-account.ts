/** A worker's final account: for its own users, what they had to have and had, aligned with the table of all messages. */
import { encodeLatencyHistogram } from '../record/latency-histogram.ts'
import type { GeneratorWatch } from './generator-watch.ts'
import type { Intake } from './intake.ts'
import { balanceOf, type ChannelSends, type Ledger, phantomsOf, sendsByChannel } from './ledger.ts'
import type { MessageTable } from './message-table.ts'
import type { SendLoop } from './send-loop.ts'
import type { CohortAccount, Loss, WorkerAccount } from './transport.ts'
import type { UserFleet } from './user-fleet.ts'

const MAX_LOSSES_KEPT = 200

export interface AccountParts {
  readonly ledger: Ledger
  readonly intake: Intake
  readonly fleet: UserFleet
  readonly sendLoop: SendLoop
  readonly watch: GeneratorWatch
  readonly table: MessageTable
}

export function createAccount(parts: AccountParts): WorkerAccount {
  const { ledger, intake, fleet, sendLoop, watch, table } = parts
  const rows = indexByChannel(table, ledger.channels.length)
  const missing = new Uint32Array(table.count)
  const cohorts = emptyCohorts(parts)
  const losses: Loss[] = []
  let phantoms = 0
  const sends = sendsByChannel(table, ledger.channels.length)
  ledger.channels.forEach((channelLedger, channel) => {
    const channelSends = sends[channel]
    if (channelSends === undefined) return
    channelLedger.members.forEach((user, row) => {
      phantoms += phantomsOf(channelLedger, row, channelSends)
      const cohortIndex = fleet.users.get(user)?.cohort ?? 0
      const cohort = cohorts[cohortIndex]
      const isFullSpeed = cohortIndex === 0
      if (!fleet.isHeldTo(user) || cohort === undefined) return
      const balance = balanceOf(channelLedger, row, channelSends, ledger.mustFromUs[user] ?? Infinity)
      cohort.expected += balance.expected - probesAmong(balance, channelSends, parts)
      cohort.lost += balance.missing.length
      for (const sequence of balance.missing) {
        const at = rows[channel]?.[sequence] ?? -1
        if (at >= 0 && isFullSpeed) missing[at] = (missing[at] ?? 0) + 1
        if (losses.length < MAX_LOSSES_KEPT) losses.push({ user, channel, sequence, joinedAtMs: fleet.joinedAtMs[user] ?? NaN })
      }
    })
  })
  return {
    ...receiptsOf(ledger, table),
    missing,
    cohorts,
    losses,
    phantoms,
    anomalies: intake.anomalies.kept,
    counts: intake.anomalies.counts,
    deliveries: intake.deliveries,
    probeDeliveries: intake.probeDeliveries,
    shed: sendLoop.shed,
    joined: fleet.everJoined,
    unconnected: fleet.unconnected,
    unconnectedWhy: fleet.unconnectedWhy,
    unsent: sendLoop.unsent,
    overloadUnsent: sendLoop.overloadUnsent,
    senderGone: sendLoop.senderGone,
    blocked: sendLoop.blocked,
    delivery: encodeLatencyHistogram(intake.latency.toHistogram()),
    join: encodeLatencyHistogram(fleet.joinLatency),
    sendLag: encodeLatencyHistogram(sendLoop.lag),
    loopDelay: encodeLatencyHistogram(watch.loopDelay),
    gridCounts: intake.grid.counts,
    gridMaxUs: intake.grid.maxUs,
    sentPerRow: sendLoop.sentPerRow,
    shedPerRow: sendLoop.shedPerRow,
    readsPerBin: watch.readsPerBin,
    alivePerBin: watch.alivePerBin,
    lastReadUs: watch.lastReadUs,
  }
}

function emptyCohorts({ intake, fleet }: AccountParts): CohortAccount[] {
  return intake.cohortLatency.map((latency, cohort) => ({
    users: [...fleet.users.values()].filter(user => user.cohort === cohort).length,
    expected: 0,
    deliveries: intake.cohortDeliveries[cohort] ?? 0,
    lost: 0,
    duplicated: intake.cohortDuplicated[cohort] ?? 0,
    evicted: fleet.evicted[cohort] ?? 0,
    dropped: fleet.dropped[cohort] ?? 0,
    closeCodes: fleet.closeCodes[cohort] ?? {},
    latency: encodeLatencyHistogram(latency.toHistogram()),
  }))
}

/** The probes at the end of a run are judged like any message, but are not among the deliveries that are counted. */
function probesAmong({ expected }: { expected: number }, { dueUs, mask }: ChannelSends, { intake }: AccountParts): number {
  if (expected === 0) return 0
  const scheduleUs = intake.scheduleUs
  let probes = 0
  for (let sequence = dueUs.length - 1; sequence >= 0; sequence--) {
    if ((dueUs[sequence] ?? 0) >= scheduleUs && (((mask[sequence >>> 5] ?? 0) >>> (sequence & 31)) & 1) === 1) probes++
    else if ((dueUs[sequence] ?? 0) > 0) break
  }
  return probes
}

function receiptsOf(ledger: Ledger, table: MessageTable): { received: Uint32Array; lastUs: Float64Array } {
  const received = new Uint32Array(table.count)
  const lastUs = new Float64Array(table.count)
  for (let i = 0; i < table.count; i++) {
    const channel = ledger.channels[table.channel[i] ?? 0]
    const sequence = table.sequence[i] ?? 0
    received[i] = channel?.received[sequence] ?? 0
    lastUs[i] = channel?.lastUs[sequence] ?? 0
  }
  return { received, lastUs }
}

function indexByChannel(table: MessageTable, channels: number): Int32Array[] {
  const highest = new Int32Array(channels).fill(-1)
  for (let i = 0; i < table.count; i++) {
    const channel = table.channel[i] ?? 0
    highest[channel] = Math.max(highest[channel] ?? -1, table.sequence[i] ?? 0)
  }
  const rows = Array.from(highest, last => new Int32Array(last + 1).fill(-1))
  for (let i = 0; i < table.count; i++) {
    const row = rows[table.channel[i] ?? 0]
    if (row !== undefined) row[table.sequence[i] ?? 0] = i
  }
  return rows
}
