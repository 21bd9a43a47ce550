import type { Check } from '../check.ts'
import { openFilesLimit } from '../open-files-limit.ts'

const MEMBERS = 5000
const QUICK_MEMBERS = 1500
const SPARE_DESCRIPTORS = 200

export const largeChannel: Check = {
  id: 's1.large-channel',
  stage: '1',
  title: 'A channel of 5,000 members serves every one of them.',
  provokes: '5,000 connections (fewer where descriptors end) join one channel; messages are sent one after the other and in a small burst.',
  needs: [],
  server: 'fresh',
  group: 'calm',
  budgetMs: 120_000,
  async run(context) {
    const scene = context.scene()
    const limits = [openFilesLimit('self'), ...(context.server.rootPid === null ? [] : [openFilesLimit(context.server.rootPid)])]
    const members = Math.min(context.quick ? QUICK_MEMBERS : MEMBERS, ...limits.map(limit => limit - SPARE_DESCRIPTORS))
    const channel = scene.freshChannel('large')
    context.progress(`${members} members join`)
    const actors = await scene.openMany(members, 'member')
    await scene.enterAll(actors, [channel])
    const senders = [0, 1, 2].map(() => actors[context.random.below(actors.length)])
    for (const sender of senders) {
      sender?.send(channel)
      await scene.settle()
    }
    for (const sender of senders) sender?.send(channel)
    await scene.quiet()
    const last = scene.recorder.reads.length
    return { outcome: 'pass', reason: `${members} members each read all 6 messages once.`, figures: { members, deliveries: last } }
  },
}
