import type { Check } from '../check.ts'
import { startBystanders } from '../bystanders.ts'
import { malformedInputs } from '../malformed-input.ts'

const HEARING_MS = 40

export const malformed: Check = {
  id: 'safe.malformed',
  stage: 'safe',
  title: 'Input that breaks the protocol costs its sender at most its connection, and nobody else anything.',
  provokes:
    'Broken JSON, wrong types, huge numbers, deep nesting, invalid UTF-8 and broken frames, each from a connection of its own, while others talk.',
  needs: [],
  server: 'fresh',
  budgetMs: 60_000,
  async run(context) {
    const scene = context.scene()
    const bystanders = await startBystanders(context, scene)
    const inputs = malformedInputs(context.transport)
    for (const { name, bytes } of inputs) {
      context.progress(name)
      const actor = await scene.open(`sender of ${name}`)
      actor.mayBeClosed('it broke the protocol')
      actor.client.write(bytes)
      await context.patience.within(HEARING_MS, () => actor.isClosed, scene.server)
    }
    const wrong = await bystanders.finish()
    if (wrong !== null) return wrong
    await scene.quiet()
    return { outcome: 'pass', reason: `${inputs.length} kinds of broken input harmed nobody.` }
  },
}
