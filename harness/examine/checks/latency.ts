import type { Check } from '../check.ts'
import { completionsMs, quantile, sendAtPace, watchOwnDelay } from '../pace.ts'

const MEMBERS = 20
const WARM_UP = { count: 30, perSecond: 50 }

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
    const delay = watchOwnDelay()
    const paces = [1, 10, 50].map(perSecond => ({
      perSecond,
      count: Math.max(context.quick ? 2 : 3, Math.round(perSecond * (context.quick ? 1.2 : 6))),
    }))
    const figures: Record<string, number> = {}
    let worstMs = 0
    for (const pace of paces) {
      const due = await sendAtPace(context.patience, scene.server, context.nowMs, pace, send)
      await scene.settle()
      const p99Ms = quantile(completionsMs(scene.recorder, due), 0.99)
      figures[`completionP99MsAt${pace.perSecond}`] = p99Ms
      worstMs = Math.max(worstMs, p99Ms)
    }
    const ownMs = delay.maxMs()
    delay.stop()
    await scene.quiet()
    const text = `p99 completion was ${worstMs.toFixed(0)} ms at worst (SLA ${context.slaMs} ms)`
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
