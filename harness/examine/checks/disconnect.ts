import { Buffer } from 'node:buffer'
import type { Actor } from '../actor.ts'
import type { Check, CheckContext } from '../check.ts'
import { ghostFinding, inMib, judgesMemory, type Leftovers, leftovers } from '../leftovers.ts'
import type { Scene } from '../scene.ts'
import { visit, VISITORS_AT_ONCE } from '../visitors.ts'

const VISITORS = 10_000
const QUICK_VISITORS = 4000
const VISITED_CHANNELS = 40
/** Twice what the parsed join of 40 channels may take up; a buffer for reading or a thread's stack is more. */
const KEPT_BYTES = 8 * 1024
/** Among fewer visitors a heap that grows to its size looks like that much; the further looks take longer than all the rest of the check. */
const QUICK_KEPT_BYTES = 16 * 1024
const STRANGERS = 60
/** In full: longer than the timeouts that are common where clients are expected to say something now and then. */
const IDLE_MS = 65_000
const WAYS = ['close', 'reset', 'end', 'destroy'] as const

const NOT_JUDGED = 'How much memory it held was not judged, as a JVM collects when it likes; descriptors and the cost of a send were.'
/** Growth by less needs no explanation. */
const WORTH_SAYING_BYTES = 32 * 1024 * 1024

const NOT_SEEN = 'What they left behind in its process was not seen, as Assay did not start this server.'

export const disconnect: Check = {
  id: 's1.disconnect',
  stage: '1',
  title: 'After members leave, in whatever way, the rest still get each message once, and nothing of those who left stays behind.',
  provokes:
    'Members close, reset, half-close and vanish in the middle of a frame, some right after asking to join; 10,000 come and go, and the cost of a send, descriptors and memory are compared with before; where memory still grows, as many come again, twice. Two who stay say and hear nothing until the end, in full for a minute at least.',
  needs: [],
  server: 'fresh',
  budgetMs: 300_000,
  async run(context) {
    const scene = context.scene()
    // They say and hear nothing until all is over, and are members all the same.
    const idle = await scene.openMany(2, 'idle member')
    const idleChannel = scene.freshChannel('idle')
    await scene.enterAll(idle, [idleChannel])
    const idleSinceMs = context.nowMs()
    await leaveInEveryWay(scene)
    const [stays, sender] = [await scene.open('stays'), await scene.open('sender')]
    const channels = Array.from({ length: VISITED_CHANNELS }, () => scene.freshChannel('visited'))
    await stays.enter(channels)
    await sender.enter(channels)
    const ask = (visitor: Actor) => [visitor.join(channels)]
    await visit(context, scene, VISITORS_AT_ONCE * 6, ask)
    const visitors = context.quick ? QUICK_VISITORS : VISITORS
    const found = await leftovers(context, scene, sender, channels[0] ?? '', {
      visitors,
      visit: async look => await visit(context, scene, visitors, ask, look),
      keptBytes: keptBytes(context),
    })
    await strangers(scene, sender, channels)
    if (found.wrong === null && !context.quick) {
      context.progress('two members say and hear nothing for a minute')
      await context.patience.pause(Math.max(0, idleSinceMs + IDLE_MS - context.nowMs()), scene.server)
    }
    for (const member of idle) member.send(idleChannel)
    await scene.quiet()
    return found.wrong === null
      ? {
          outcome: 'pass',
          reason: `${visitors} members came and went, and ${storyOf(context, found)}`,
          figures: found.figures,
        }
      : ghostFinding(found, `${visitors} members came and went`)
  },
}

function keptBytes({ quick }: CheckContext): number {
  return quick ? QUICK_KEPT_BYTES : KEPT_BYTES
}

function storyOf(context: CheckContext, { figures, memory }: Leftovers): string {
  if (Object.keys(figures).length === 0) return `the rest got each message once. ${NOT_SEEN}`
  const { memoryBeforeBytes = 0, memoryAfterBytes = 0 } = figures
  const isWorthSaying = memoryAfterBytes - memoryBeforeBytes >= WORTH_SAYING_BYTES
  const grown = `left no descriptors and no ghosts behind. Memory went from ${inMib(memoryBeforeBytes)} to ${inMib(memoryAfterBytes)} MiB`
  if (!judgesMemory(context)) return `${isWorthSaying ? grown : 'left nothing behind'}. ${NOT_JUDGED}`
  if (memory === 'flattened')
    return `${grown}, and as many again added little to it, as where a heap or an allocator has grown to its size.`
  if (memory === 'uncollected')
    return `${grown}, and did not come to rest under messages alone, so that a leak was not told from a collector that waits.`
  return isWorthSaying ? `${grown}, in the end by less than ${keptBytes(context) / 1024} KiB with each of them.` : 'left nothing behind.'
}

async function leaveInEveryWay(scene: Scene): Promise<void> {
  for (const way of [...WAYS, 'mid-frame'] as const) {
    const channel = scene.freshChannel('leave')
    const members = await scene.openMany(6, `leaves by ${way}`)
    await scene.enterAll(members, [channel])
    const [leaver, sender, other] = members
    if (leaver === undefined || sender === undefined || other === undefined) continue
    if (way === 'mid-frame') vanishMidFrame(leaver)
    else leaver.close(way)
    sender.send(channel)
    await scene.settle()
    other.close('reset')
    sender.send(channel)
    await scene.settle()
    // The last ones leave an empty channel behind, which then fills again.
    for (const member of members) if (member.isOpen) member.close()
    const again = await scene.openMany(2, `comes after ${way}`)
    await scene.enterAll(again, [channel])
    for (const member of again) member.send(channel)
    await scene.settle()
  }
}

function vanishMidFrame(actor: Actor): void {
  const whole = actor.client.encode(JSON.stringify({ type: 'send', channel: 'nobody', body: 'x'.repeat(500) }))
  actor.client.write(Buffer.from(whole.subarray(0, 100)))
  actor.close('reset')
}

/** Whoever connects now may get a descriptor that a visitor had; it must not get the visitor's messages. */
async function strangers(scene: Scene, sender: Actor, channels: readonly string[]): Promise<void> {
  await scene.openMany(STRANGERS, 'stranger')
  for (const channel of channels.slice(0, 10)) sender.send(channel)
  await scene.settle()
}
