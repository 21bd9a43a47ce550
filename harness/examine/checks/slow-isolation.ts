import type { Actor } from '../actor.ts'
import type { Check, CheckContext, CheckFinding } from '../check.ts'
import { failure } from '../late-finding.ts'
import { completionsMs, type DueMessage, quantile, sendAtPace, watchOwnDelay } from '../pace.ts'
import type { Scene } from '../scene.ts'
import { openStoppedReaders } from '../stopped-readers.ts'

const READERS = 36
const SENDERS = 4
const BODY_BYTES = 16_000
const PER_SECOND = 50
const BASELINE_SECONDS = 2
/** The kernel takes a few megabytes for a stopped reader before the server notices. */
const STOPPED_SECONDS = 8
const FACTOR = 3
/** A difference below this never counts. */
const NOTICEABLE_MS = 50
const AFTER_MS = 3000

export const slowIsolation: Check = {
  id: 's2.isolation',
  stage: '2',
  title: 'Readers who have stopped do not hold up the others.',
  provokes:
    'A channel of 40 in which four stop reading, and one in which 40 of 76 stop at once, with enough traffic to fill their sockets; the others are measured before and meanwhile.',
  needs: [],
  server: 'fresh',
  budgetMs: 120_000,
  async run(context) {
    const figures: Record<string, number> = {}
    for (const stopped of [4, 40]) {
      const wrong = await measureRoom(context, stopped, figures)
      if (wrong !== null) return wrong
    }
    return { outcome: 'pass', reason: 'With 4 and with 40 stopped readers, the others were served as before.', figures }
  },
}

async function measureRoom(context: CheckContext, stopped: number, figures: Record<string, number>): Promise<CheckFinding | null> {
  const scene = context.scene()
  const channel = scene.freshChannel('slow')
  const readers = await scene.openMany(READERS, 'reader')
  await scene.enterAll(readers, [channel])
  const delay = watchOwnDelay()
  const before = await stretch(context, scene, readers, channel, BASELINE_SECONDS)
  await scene.settle()
  const readersFull = new Set(readers.map(reader => reader.index))
  const p99Before = quantile(
    completionsMs(scene.recorder, before, client => readersFull.has(client)),
    0.99,
  )
  await openStoppedReaders(scene, channel, stopped)
  context.progress(`${stopped} readers have stopped`)
  const meanwhile = await stretch(context, scene, readers, channel, STOPPED_SECONDS)
  const cameAll = await context.patience.within(context.slaMs + AFTER_MS, () => scene.pending.total === 0, scene.server)
  const p99 = quantile(
    completionsMs(scene.recorder, meanwhile, client => readersFull.has(client)),
    0.99,
  )
  const ownMs = delay.maxMs()
  delay.stop()
  figures[`completionP99MsWithout${stopped}`] = p99Before
  figures[`completionP99MsWith${stopped}`] = p99
  if (!cameAll) {
    const text = `With ${stopped} readers stopped, ${scene.pending.total} deliveries to the others had not come ${(context.slaMs + AFTER_MS) / 1000} s after the last was sent.`
    return failure('late', 'other readers', text, figures)
  }
  await scene.quiet()
  const isSlow = p99 > context.slaMs || (p99 > p99Before * FACTOR && p99 - p99Before > NOTICEABLE_MS)
  if (!isSlow) return null
  const text = `With ${stopped} readers stopped, p99 completion of the others was ${p99.toFixed(0)} ms, and ${p99Before.toFixed(0)} ms without (SLA ${context.slaMs} ms).`
  if (p99 - ownMs <= Math.max(p99Before * FACTOR, p99Before + NOTICEABLE_MS)) {
    return {
      outcome: 'inconclusive',
      reason: `generator saturated: ${text} Assay's own loop was late by up to ${ownMs.toFixed(0)} ms.`,
      figures,
    }
  }
  return failure('late', 'other readers', text, figures)
}

async function stretch(
  context: CheckContext,
  scene: Scene,
  readers: readonly Actor[],
  channel: string,
  seconds: number,
): Promise<DueMessage[]> {
  const pace = { count: PER_SECOND * seconds, perSecond: PER_SECOND }
  return await sendAtPace(context.patience, scene.server, context.nowMs, pace, place => {
    return readers[place % SENDERS]?.send(channel, scene.freshBody().padEnd(BODY_BYTES, ' for everyone')) ?? null
  })
}
