import type { Check, CheckContext } from '../check.ts'
import { completionsMs, quantile, sendAtPace, watchOwnDelay } from '../pace.ts'
import type { Scene } from '../scene.ts'

const MEMBERS = 20
const WARM_UP = { count: 30, perSecond: 50 }
const PACES = [1, 10, 50]
const LOOKS = 2

export const latency: Check = {
  id: 's1.latency',
  stage: '1',
  title: 'With little traffic, p99 completion meets the SLA.',
  provokes: 'A channel of 20 members and 1, 10 and 50 messages a second, so that what waits for more traffic before it is flushed is seen.',
  needs: [],
  server: 'shared',
  budgetMs: 90_000,
  async run(context) {
    const scene = context.scene()
    const channel = scene.freshChannel('latency')
    const actors = await scene.openMany(MEMBERS, 'member')
    await scene.enterAll(actors, [channel])
    const send = (place: number): number | null => actors[place % MEMBERS]?.send(channel) ?? null
    await sendAtPace(context.patience, scene.server, context.nowMs, WARM_UP, send)
    await scene.settle()
    const first = await look(context, scene, send)
    let seen = first
    // One late moment may be the machine's: only what comes again is the server's.
    for (let looks = 1; looks < LOOKS && seen.worstMs > context.slaMs; looks++) {
      context.progress(`look ${looks + 1} of ${LOOKS}`)
      seen = await look(context, scene, send)
    }
    const { worstMs, ownMs, figures } = seen
    await scene.quiet()
    const before = seen === first ? '' : `, after ${first.worstMs.toFixed(0)} ms at a first look`
    const text = `p99 completion was ${worstMs.toFixed(0)} ms at worst (SLA ${context.slaMs} ms)${before}`
    if (worstMs <= context.slaMs) return { outcome: 'pass', reason: `${text}.`, figures }
    if (worstMs - ownMs <= context.slaMs) {
      return {
        outcome: 'inconclusive',
        reason: `generator saturated: ${text}, and Assay's own loop was late by up to ${ownMs.toFixed(0)} ms.`,
        figures,
      }
    }
    const lane = 'the slowest member'
    const events = [{ lane, atMs: worstMs, kind: 'wrong' as const, text: `reads a message ${worstMs.toFixed(0)} ms after it was due` }]
    return {
      outcome: 'fail',
      reason: `${text}.`,
      figures,
      evidence: [{ kind: 'late', text: `${text}.`, lanes: [lane], events, occurrences: 1 }],
    }
  },
}

interface Look {
  readonly worstMs: number
  /** The longest that our own loop was late meanwhile. */
  readonly ownMs: number
  readonly figures: Readonly<Record<string, number>>
}

/** Each pace once. */
async function look(context: CheckContext, scene: Scene, send: (place: number) => number | null): Promise<Look> {
  const delay = watchOwnDelay()
  const figures: Record<string, number> = {}
  try {
    for (const perSecond of PACES) {
      const pace = { perSecond, count: Math.max(context.quick ? 2 : 3, Math.round(perSecond * (context.quick ? 1.2 : 6))) }
      const due = await sendAtPace(context.patience, scene.server, context.nowMs, pace, send)
      await scene.settle()
      figures[`completionP99MsAt${perSecond}`] = quantile(completionsMs(scene.recorder, due), 0.99)
    }
    return { worstMs: Math.max(...Object.values(figures)), ownMs: delay.maxMs(), figures }
  } finally {
    delay.stop()
  }
}
