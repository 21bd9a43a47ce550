import { inventedRead } from '../../../judge/kv-convergence.ts'
import { disorder } from '../../../judge/kv-disorder.ts'
import { evidenceOfStore } from '../../../judge/kv-evidence.ts'
import { stepsByKey } from '../../../judge/kv-steps.ts'
import type { KvViolation } from '../../../judge/kv-violation.ts'
import { judgeRegister } from '../../../judge/linearizability.ts'
import type { CheckFinding } from '../../check.ts'
import type { KvAnswer } from '../../../wire/kv-client.ts'
import { StuckError } from '../../patience.ts'
import { Conversation, findingOf } from '../conversation.ts'
import { insist } from '../insist.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'
import type { KvNode } from '../kv-node.ts'
import type { KvUser } from '../kv-user.ts'
import { wideValue } from '../wide-value.ts'

const CLIENTS = 16
const ROUNDS = 8
const QUICK_ROUNDS = 3
/** Few keys, so that many clients are at each of them at the same time. */
const KEYS_A_ROUND = 6
const OPERATIONS_A_CLIENT = 60
/** Keys that each client fills for itself meanwhile: maps that are not made for it lose entries when they grow. */
const OWN_KEYS = 100
const REQUEST_TIMEOUT_MS = 3000
/** For all keys together; beyond it the answer is that there was none. */
const JUDGING_MS = 20_000

export const concurrent: KvCheck = {
  id: 'k1.concurrent',
  stage: '1',
  title: 'Many clients at once: each key behaves like a single copy, and nothing is lost or torn',
  provokes: `${CLIENTS} clients read, write and delete the same few keys of one node at once, with values of up to 64 KiB; then each fills keys of its own.`,
  needs: [],
  budgetMs: 300_000,
  run: async context => await findingOf(async () => await hunt(context)),
}

async function hunt(context: KvCheckContext): Promise<CheckFinding> {
  const [node] = (await context.cluster({ size: 1 })).nodes
  if (node === undefined) throw new Error('Expected a cluster of one to have a node.')
  const users = Array.from({ length: CLIENTS }, () => context.user(node, { timeoutMs: REQUEST_TIMEOUT_MS }))
  const rounds = context.quick ? QUICK_ROUNDS : ROUNDS
  for (let round = 1; round <= rounds; round++) {
    context.progress(`round ${round} of ${rounds}`)
    const keys = Array.from({ length: KEYS_A_ROUND }, () => context.freshKey('hot'))
    await Promise.all(users.map(async user => await contend(context, user, keys)))
  }
  context.progress('looks for an order')
  const judged = judge(context)
  if (judged.outcome === 'fail') return judged
  await fillTogether(context, node, users)
  return judged
}

/** Each write writes what no other does, so that every read says which write it has seen. */
async function contend(context: KvCheckContext, user: KvUser, keys: readonly string[]): Promise<void> {
  const { patience, nowMs, random } = context
  for (let done = 0; done < OPERATIONS_A_CLIENT; done++) {
    const key = keys[random.below(keys.length)] ?? ''
    const die = random.below(20)
    const what = `a request for ${key} of node ${user.node.name}`
    const ask = async (): Promise<KvAnswer> => {
      if (die < 10) return await user.read(key)
      // A try that failed may still take effect: the next one writes another value.
      return die < 18 ? await user.write(key, wideValue(random)) : await user.delete(key)
    }
    const { outcome, reason } = await insist(patience, nowMs, what, ask)
    if (outcome === 'refused') throw new StuckError(`Expected ${what} to be served, got ${reason}.`)
  }
}

async function fillTogether(context: KvCheckContext, node: KvNode, users: readonly KvUser[]): Promise<void> {
  context.progress('fills keys')
  const talks = users.map(user => new Conversation(context, user))
  const own = talks.map(() => Array.from({ length: OWN_KEYS }, () => context.freshKey('own')))
  await Promise.all(
    talks.map(async (talk, at) => {
      for (const key of own[at] ?? []) await talk.put(key, `${key} of client ${at} on ${node.name}`)
    }),
  )
  await Promise.all(
    talks.map(async (talk, at) => {
      for (const key of own[at] ?? []) await talk.get(key, `${key} of client ${at} on ${node.name}`)
    }),
  )
}

function judge({ recorder, nowMs }: KvCheckContext): CheckFinding {
  const keys = stepsByKey(recorder.history())
  const figures = { operations: recorder.operations.length, keys: keys.size }
  const endMs = nowMs() + JUDGING_MS
  let unknown = ''
  const violations: { readonly key: string; readonly wrong: KvViolation }[] = []
  for (const [key, steps] of keys) {
    // It needs no search, and says more than a missing order.
    const torn = inventedRead(steps)
    if (torn !== null) violations.push({ key, wrong: torn })
    if (torn !== null) continue
    const result = judgeRegister(steps, { isOver: () => nowMs() > endMs })
    if (result.outcome === 'unknown') unknown = result.reason
    if (result.outcome === 'violation') violations.push({ key, wrong: disorder(steps, result.counterexample) })
  }
  const least = violations.toSorted((a, b) => a.wrong.steps.length - b.wrong.steps.length)
  const [first] = least
  if (first !== undefined) {
    const evidence = evidenceOfStore([first.wrong], first.key).map(one => ({ ...one, occurrences: violations.length }))
    return { outcome: 'fail', reason: evidence[0]?.text ?? first.wrong.text, evidence, figures }
  }
  if (unknown !== '') return { outcome: 'inconclusive', reason: `The search for an order of the operations had ${unknown}.`, figures }
  const text = `${figures.operations} operations on ${figures.keys} keys by ${CLIENTS} clients at once: each key behaved like a single copy.`
  return { outcome: 'pass', reason: text, figures }
}
