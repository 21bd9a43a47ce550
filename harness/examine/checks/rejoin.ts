import type { Check } from '../check.ts'

export const rejoin: Check = {
  id: 's1.rejoin',
  stage: '1',
  title: 'Joining twice, in one request or in two, is the same as joining once.',
  provokes: 'The same channel named twice in one request, joined again before and after messages, and ten times in a row.',
  needs: [],
  server: 'shared',
  group: 'calm',
  budgetMs: 60_000,
  async run(context) {
    const scene = context.scene()
    const [first, second, third] = [await scene.open('twice in one'), await scene.open('twice in a row'), await scene.open('ten times')]
    const other = await scene.open('joined once')
    for (let round = 0; round < 5; round++) {
      const [channel, beside] = [scene.freshChannel('again'), scene.freshChannel('beside')]
      await other.enter([channel, beside])
      await first.enter([channel, beside, channel, channel])
      await second.enter([channel])
      await second.enter([beside, channel])
      await third.settled(third.pipeline(Array.from({ length: 10 }, () => ({ join: [channel, beside] }))))
      for (const actor of [first, second, third, other]) actor.send(channel)
      await scene.settle()
      await second.enter([channel])
      other.send(channel)
      other.send(beside)
      await scene.settle()
    }
    await scene.quiet()
    return { outcome: 'pass', reason: 'Whoever joined more than once read each message once.' }
  },
}
