import type { Actor } from '../actor.ts'
import type { Check } from '../check.ts'
import { startBystanders } from '../bystanders.ts'
import type { Scene } from '../scene.ts'
import { type MalformedInput, malformedInputs } from '../malformed-input.ts'

/** A pool of as many threads that loses one to each is empty in the end. */
const TIMES = 64
const HEARING_MS = 20
const ANSWER_MS = 2000
/** Each makes a join wrong that is right up to there. */
const WRONG_NAMES = ['5', 'null', '{}', `"${'n'.repeat(100_000)}"`]

export const malformed: Check = {
  id: 'safe.malformed',
  stage: 'safe',
  title: 'Input that breaks the protocol costs its sender at most its connection, and nobody else anything.',
  provokes:
    'Broken JSON, wrong types, huge numbers, deep nesting, invalid UTF-8 and broken frames, each on 64 connections, while others talk; then joins that begin with a right name, and messages to it.',
  needs: [],
  server: 'fresh',
  group: 'hostile',
  budgetMs: 60_000,
  async run(context) {
    const scene = context.scene()
    const bystanders = await startBystanders(context, scene)
    const inputs = malformedInputs(context.transport)
    let senders: readonly Actor[] = []
    for (const input of inputs) {
      context.progress(input.name)
      senders = await spread(scene, input, senders)
      await context.patience.within(HEARING_MS, () => senders.every(actor => actor.isClosed), scene.server)
    }
    const wrong = await bystanders.finish()
    if (wrong !== null) return wrong
    await refuseInPart(scene)
    await scene.quiet()
    return { outcome: 'pass', reason: `${inputs.length} kinds of broken input, ${TIMES} times each, harmed nobody.` }
  },
}

/** As many connections each send it once: the first, always a new one, in full; the others may be those that the server has let stay. */
async function spread(scene: Scene, { name, bytes, again, isAlone }: MalformedInput, before: readonly Actor[]): Promise<Actor[]> {
  const staying = isAlone ? [] : before.filter(actor => actor.isOpen).slice(1)
  const senders = [...(await scene.openMany(TIMES - staying.length, `sender of ${name}`)), ...staying]
  senders.forEach((actor, place) => {
    actor.mayBeClosed('it broke the protocol')
    actor.client.write(place === 0 ? bytes : again)
  })
  for (const actor of before) if (actor.isOpen && !staying.includes(actor)) actor.close()
  scene.retire(before)
  return senders
}

/** What was refused is without effect, also where its first half was right: who is told so and stays is a member of nothing. */
async function refuseInPart(scene: Scene): Promise<void> {
  const channel = scene.freshChannel('refused')
  const member = await scene.open('member')
  await member.enter([channel])
  const senders = await scene.openMany(WRONG_NAMES.length, 'sender of a join that is right in part')
  senders.forEach((actor, place) => {
    actor.mayBeClosed('it broke the protocol')
    actor.client.write(actor.client.encode(`{"type":"join","id":1,"channels":["${channel}",${WRONG_NAMES[place] ?? ''}]}`))
  })
  const isAnswered = (actor: Actor): boolean => actor.isClosed || actor.refusals > 0
  await scene.patience.within(ANSWER_MS, () => senders.every(isAnswered), scene.server)
  // Whoever was acknowledged after all, or told nothing, may well be a member.
  for (const actor of senders) if (actor.refusals === 0 || actor.strangeIds.length > 0) actor.close('reset')
  await scene.patience.within(ANSWER_MS, () => senders.every(actor => actor.isOpen || actor.isClosed), scene.server)
  member.send(channel)
  await scene.settle()
}
