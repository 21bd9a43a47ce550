import type { Check } from '../check.ts'
import { type CostSubject, examineCost } from '../cost-meter.ts'
import type { Scene } from '../scene.ts'

const PAIRS = 50
const SENDS_A_MEMBER = 10

export const costSend: Check = {
  id: 's1.cost.send',
  stage: '1',
  title: 'The cost of a send does not grow with users and channels that are not its receivers.',
  provokes:
    '1,000 sends, each to a channel of two, among 1,024 to 65,536 channels of 16 to 1,024 other users; CPU time of the process, not wall time.',
  needs: ['own process'],
  server: 'fresh',
  budgetMs: 120_000,
  run: async context => await examineCost(context, sends),
}

async function sends(scene: Scene): Promise<CostSubject> {
  const members = await scene.openMany(PAIRS * 2, 'member')
  const channels = Array.from({ length: PAIRS }, () => scene.freshChannel('pair'))
  const channelOf = (place: number): string => channels[place % PAIRS] ?? ''
  await scene.settledAll(
    members,
    members.map((member, place) => member.join([channelOf(place)])),
  )
  const run = async (): Promise<void> => {
    for (const [place, member] of members.entries()) {
      member.pipeline(Array.from({ length: SENDS_A_MEMBER }, () => ({ send: channelOf(place) })))
    }
    await scene.settle()
  }
  const operations = members.length * SENDS_A_MEMBER
  return { name: 'A send', prepare: async () => await Promise.resolve({ operations, run, cleanUp: async () => await Promise.resolve() }) }
}
