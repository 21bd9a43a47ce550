/** Members who go on talking while something else is tried on the server: what happens to them shows whether it stalls others. */
import type { Actor } from './actor.ts'
import type { CheckContext, CheckFinding } from './check.ts'
import { completionsMs, type DueMessage, quantile, watchOwnDelay } from './pace.ts'
import type { Scene } from './scene.ts'

const MEMBERS = 6
const EVERY_MS = 50
/** A stall that nobody takes for a hiccup of the machine. */
const STALL_MS = 3000

export interface Bystanders {
  /** Stops talking, waits until all has come, opens one more connection, and says what was wrong, or `null`. */
  finish(): Promise<CheckFinding | null>
}

export async function startBystanders(context: CheckContext, scene: Scene): Promise<Bystanders> {
  const channel = scene.freshChannel('bystanders')
  const members = await scene.openMany(MEMBERS, 'bystander')
  await scene.enterAll(members, [channel])
  const due: DueMessage[] = []
  const delay = watchOwnDelay()
  const startMs = context.nowMs()
  const talk = (): void => {
    const dueAtMs = startMs + due.length * EVERY_MS
    const speaker = members[due.length % MEMBERS]
    if (speaker?.isOpen === true && dueAtMs <= context.nowMs()) due.push({ message: speaker.send(channel), dueAtMs })
  }
  const timer = setInterval(talk, EVERY_MS)
  context.signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  return {
    finish: async () => {
      clearInterval(timer)
      await scene.settle()
      await newcomer(scene, members, channel)
      const slowestMs = quantile(completionsMs(scene.recorder, due), 1)
      const ownMs = delay.maxMs()
      delay.stop()
      if (slowestMs - ownMs <= STALL_MS) return null
      const text = `A message between bystanders took ${slowestMs.toFixed(0)} ms`
      const lane = 'bystander'
      const events = [
        { lane, atMs: slowestMs, kind: 'wrong' as const, text: `reads a message ${slowestMs.toFixed(0)} ms after it was due` },
      ]
      return { outcome: 'fail', reason: `${text}.`, evidence: [{ kind: 'late', text: `${text}.`, lanes: [lane], events, occurrences: 1 }] }
    },
  }
}

async function newcomer(scene: Scene, members: readonly Actor[], channel: string): Promise<void> {
  const actor = await scene.open('newcomer')
  await actor.enter([channel])
  for (const member of [actor, ...members]) member.send(channel)
  await scene.settle()
}
