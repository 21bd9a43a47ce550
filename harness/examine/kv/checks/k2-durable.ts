import type { CheckFinding } from '../../check.ts'
import { watchLag } from '../lag-watch.ts'
import { playFullDisk } from '../full-disk-trial.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'
import { RestartTrial, type TrialFinding } from '../restart-trial.ts'

/** What was acknowledged longer ago than this has to survive; a little more than the contract's 1.5 s, and what this machine lags is added. */
const SAVED_AFTER_MS = 1700
/** The moment of the kill is chance: at no fixed place of a store's own rhythm. */
const KILL_WITHIN_MS = 700
const MODES = [
  { mode: 'alone', size: 1, keys: 1000, kills: 10, quickKills: 3, hasVolume: false },
  { mode: 'alone', size: 1, keys: 2000, kills: 1, quickKills: 0, hasVolume: true },
  { mode: 'peers down', size: 3, keys: 300, kills: 6, quickKills: 2, hasVolume: false },
] as const
const QUICK_KEYS = 200
/** More than a log may grow to before a snapshot replaces it, in most stores that have both; written while small keys are, in so much time. */
const VOLUME_BYTES = 160 * 1024 * 1024
const VOLUME_MS = 20_000
/** How long it may take to read all of that again. */
const VOLUME_READY_MS = 60_000
const VOLUME_CHANGES = { overwritten: 16, deleted: 8, everyMs: 5 }
const ROUND = { added: 20, overwritten: 60, deleted: 40 }

export const durable: KvCheck = {
  id: 'k2.durable',
  stage: '2',
  title: 'kill -9 at any moment: what was acknowledged more than 1.5 s before is there after a restart, deletes included',
  provokes:
    'Keys and values of every kind are set, overwritten and deleted; 1.7 s later and more, in the middle of further writes, the node is killed, started again and read: alone, once after 160 MiB were written over a few keys while others were changed, and in a cluster whose peers are down at first. Then its disk is full, where a small one can be mounted.',
  needs: [],
  budgetMs: 600_000,
  async run(context) {
    let keys = 0
    let kills = 0
    for (const terms of MODES) {
      const ended = await killAgainAndAgain(context, terms)
      if (ended.finding !== null) return { ...ended.finding, figures: { kills: kills + ended.kills, keys: keys + ended.keys } }
      keys += ended.keys
      kills += ended.kills
    }
    const disk = await playFullDisk(context)
    if (typeof disk !== 'string') return { ...disk, figures: { kills, keys } }
    const reason = `${kills} times killed and started again, alone and with its peers down: each of ${keys} keys held what it had to. ${disk}`
    return { outcome: 'pass', reason, figures: { kills, keys } }
  },
}

async function killAgainAndAgain(
  context: KvCheckContext,
  { mode, size, keys, kills, quickKills, hasVolume }: (typeof MODES)[number],
): Promise<{ finding: TrialFinding | CheckFinding; kills: number; keys: number }> {
  const wanted = context.quick ? quickKills : kills
  if (wanted === 0) return { finding: null, kills: 0, keys: 0 }
  const cluster = await context.cluster({ size })
  const trial = new RestartTrial({ context, cluster, mode, end: async node => await node.kill(), endText: 'kill -9' })
  await trial.add(context.quick ? QUICK_KEYS : keys)
  for (let kill = 1; kill <= wanted; kill++) {
    context.progress(`${mode}: kill ${kill} of ${wanted}`)
    if (kill > 1) {
      await trial.add(ROUND.added)
      await trial.change(ROUND.overwritten, ROUND.deleted)
    }
    if (hasVolume) await writeVolume(context, trial)
    const lag = watchLag(context.nowMs)
    const stopWriting = trial.writeOn(false)
    try {
      await context.patience.pause(SAVED_AFTER_MS + context.random.below(KILL_WITHIN_MS))
    } finally {
      lag.end()
    }
    await context.patience.pause(lag.end())
    await trial.endAll()
    await stopWriting()
    const finding = await trial.restartAndRead(hasVolume ? Math.max(VOLUME_READY_MS, context.readyMs) : undefined)
    if (finding !== null) return { finding, kills: trial.ends, keys: trial.keys }
  }
  await Promise.all(cluster.nodes.map(async node => await node.kill()))
  return { finding: null, kills: trial.ends, keys: trial.keys }
}

/** Meanwhile some of the small keys are changed, most of them once: what is lost while a log is replaced, nothing covers up. */
async function writeVolume(context: KvCheckContext, trial: RestartTrial): Promise<void> {
  context.progress('alone: large values are written')
  const over = new AbortController()
  const change = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await trial.change(VOLUME_CHANGES.overwritten, VOLUME_CHANGES.deleted)
      await context.patience.pause(VOLUME_CHANGES.everyMs)
    }
  }
  const changing = change()
  // What went wrong with it is told below; until then it must not count as unhandled.
  changing.catch(() => undefined)
  try {
    await trial.overwriteLarge(VOLUME_BYTES, VOLUME_MS)
  } finally {
    over.abort()
    await changing
  }
}
