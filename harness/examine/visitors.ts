import type { Actor, JoinTicket } from './actor.ts'
import type { CheckContext } from './check.ts'
import type { Scene } from './scene.ts'

/** Few enough that no hash table of a channel stays large after them. */
export const VISITORS_AT_ONCE = 50
const WAYS = ['close', 'reset', 'end', 'destroy'] as const
/** How long after asking to join a hasty visitor leaves. */
const HASTY_MS = [0, 20, 0, 1, 0, 40, 0, 5]
/** Every so many waves leave only when their joins are acknowledged. */
const PATIENT_EVERY = 3
const LEAVING_MS = 2000

/** Visitors come, ask to join and go; most waves without waiting until that is acknowledged, at several moments on its way. */
export async function visit(
  context: CheckContext,
  scene: Scene,
  visitors: number,
  ask: (visitor: Actor) => readonly JoinTicket[],
  look: (visitors: number) => void = () => {},
): Promise<void> {
  for (let done = 0; done < visitors; done += VISITORS_AT_ONCE) {
    const wave = await scene.openMany(VISITORS_AT_ONCE, `visitor ${done}`)
    const asked = wave.map(visitor => ({ visitor, tickets: ask(visitor) }))
    const turn = done / VISITORS_AT_ONCE
    if (turn % PATIENT_EVERY === 0) for (const { visitor, tickets } of asked) await visitor.settled(tickets)
    else await context.patience.pause(HASTY_MS[turn % HASTY_MS.length] ?? 0, scene.server)
    wave.forEach((visitor, place) => visitor.close(WAYS[(place + done) % WAYS.length]))
    await scene.patience.within(LEAVING_MS, () => wave.every(visitor => visitor.isClosed), scene.server)
    for (const visitor of wave) visitor.client.destroy()
    scene.retire(wave)
    look(done + wave.length)
    if (done % 1000 === 0) context.progress(`${done} of ${visitors} have come and gone`)
  }
}
