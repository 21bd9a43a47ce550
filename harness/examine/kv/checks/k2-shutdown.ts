import type { KvCheck, KvCheckContext } from '../kv-check.ts'
import { RestartTrial, type TrialFinding } from '../restart-trial.ts'

const MODES = [
  { mode: 'alone', size: 1, rounds: 4, quickRounds: 2 },
  { mode: 'peers down', size: 3, rounds: 3, quickRounds: 1 },
] as const
const KEYS = 200
const ROUND = { added: 10, overwritten: 60, deleted: 40 }
/** The moment of the signal is chance. */
const SHORTEST_WRITING_MS = 200
const WRITING_WITHIN_MS = 900

export const shutdown: KvCheck = {
  id: 'k2.shutdown',
  stage: '2',
  title: 'SIGTERM loses nothing that was acknowledged',
  provokes:
    'The node gets SIGTERM in the middle of writes and deletes, ends, is started again and read: alone, and in a cluster whose peers are down at first.',
  needs: [],
  budgetMs: 600_000,
  async run(context) {
    const sum = { shutdowns: 0, keys: 0, killed: 0 }
    for (const terms of MODES) {
      const trial = await endAgainAndAgain(context, terms, sum)
      if (trial !== null) return { ...trial, figures: { ...sum } }
    }
    const late = sum.killed === 0 ? '' : ` It did not end within 5 s ${sum.killed} times, and was killed then.`
    const reason = `${sum.shutdowns} times SIGTERM in the middle of writes: all of ${sum.keys} keys held what had been acknowledged.${late}`
    return { outcome: 'pass', reason, figures: sum }
  },
}

async function endAgainAndAgain(
  context: KvCheckContext,
  { mode, size, rounds, quickRounds }: (typeof MODES)[number],
  sum: { shutdowns: number; keys: number; killed: number },
): Promise<TrialFinding> {
  const cluster = await context.cluster({ size })
  const end = async (node: (typeof cluster.nodes)[number]): Promise<void> => {
    const { cause } = await node.terminate()
    if (cause === 'killed') sum.killed++
  }
  const trial = new RestartTrial({ context, cluster, mode, end, endText: 'SIGTERM' })
  await trial.add(KEYS)
  const wanted = context.quick ? quickRounds : rounds
  for (let round = 1; round <= wanted; round++) {
    context.progress(`${mode}: SIGTERM ${round} of ${wanted}`)
    await trial.change(ROUND.overwritten, ROUND.deleted)
    await trial.add(ROUND.added)
    const stopWriting = trial.writeOn(true)
    await context.patience.pause(SHORTEST_WRITING_MS + context.random.below(WRITING_WITHIN_MS))
    await trial.endAll()
    await stopWriting()
    sum.shutdowns++
    const finding = await trial.restartAndRead()
    if (finding !== null) return finding
  }
  sum.keys += trial.keys
  await Promise.all(cluster.nodes.map(async node => await node.kill()))
  return null
}
