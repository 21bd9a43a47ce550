import { Buffer } from 'node:buffer'
import type { Actor } from '../actor.ts'
import type { Check, CheckContext } from '../check.ts'
import { ghostFinding, leftovers } from '../leftovers.ts'
import type { Scene } from '../scene.ts'

const VISITORS = 10_000
const QUICK_VISITORS = 4000
const VISITORS_AT_ONCE = 50
const VISITED_CHANNELS = 40
/** How long after asking to join a hasty visitor leaves. */
const HASTY_MS = [0, 1, 5, 20, 40]
const STRANGERS = 60
const WAYS = ['close', 'reset', 'end', 'destroy'] as const

export const disconnect: Check = {
  id: 's1.disconnect',
  stage: '1',
  title: 'After members leave, in whatever way, the rest still get each message once, and nothing of those who left stays behind.',
  provokes:
    'Members close, reset, half-close and vanish in the middle of a frame, some right after asking to join; 10,000 come and go, and the cost of a send, descriptors and memory are compared with before.',
  needs: [],
  server: 'fresh',
  budgetMs: 150_000,
  async run(context) {
    const scene = context.scene()
    await leaveInEveryWay(scene)
    const [stays, sender] = [await scene.open('stays'), await scene.open('sender')]
    const channels = Array.from({ length: VISITED_CHANNELS }, () => scene.freshChannel('visited'))
    await stays.enter(channels)
    await sender.enter(channels)
    await visit(context, scene, channels, VISITORS_AT_ONCE * 6)
    const visitors = context.quick ? QUICK_VISITORS : VISITORS
    const found = await leftovers(
      context,
      scene,
      sender,
      channels[0] ?? '',
      visitors,
      async () => await visit(context, scene, channels, visitors),
    )
    await strangers(scene, sender, channels)
    await scene.quiet()
    return found.wrong === null
      ? { outcome: 'pass', reason: `${visitors} members came and went, and left nothing behind.`, figures: found.figures }
      : ghostFinding(found, `${visitors} members came and went`)
  },
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

/** Comes, joins and goes; every other wave without waiting until the join is acknowledged, at several moments on its way. */
async function visit(context: CheckContext, scene: Scene, channels: readonly string[], visitors: number): Promise<void> {
  for (let done = 0; done < visitors; done += VISITORS_AT_ONCE) {
    const wave = await scene.openMany(VISITORS_AT_ONCE, `visitor ${done}`)
    const tickets = wave.map(visitor => visitor.join(channels))
    const turn = done / VISITORS_AT_ONCE
    if (turn % 2 === 0) await scene.settledAll(wave, tickets)
    else await context.patience.pause(HASTY_MS[turn % HASTY_MS.length] ?? 0, scene.server)
    wave.forEach((visitor, place) => visitor.close(WAYS[(place + done) % WAYS.length]))
    await scene.patience.within(2000, () => wave.every(visitor => visitor.isClosed), scene.server)
    for (const visitor of wave) visitor.client.destroy()
    scene.retire(wave)
    if (done % 1000 === 0) context.progress(`${done} of ${visitors} have come and gone`)
  }
}

/** Whoever connects now may get a descriptor that a visitor had; it must not get the visitor's messages. */
async function strangers(scene: Scene, sender: Actor, channels: readonly string[]): Promise<void> {
  await scene.openMany(STRANGERS, 'stranger')
  for (const channel of channels.slice(0, 10)) sender.send(channel)
  await scene.settle()
}
