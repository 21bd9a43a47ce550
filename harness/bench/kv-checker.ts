/** How long the search for an order takes: a thousand histories of ten keys, where a store was right and where it was not. */
import { judgeKeys, outcomeOfKeys } from '../judge/linearizability.ts'
import type { KvOperation } from '../judge/linearizability-operation.ts'
import { createRandom } from '../scenario/seeded-random.ts'
import { hasRound, type BenchContext, type BenchTable } from './bench-part.ts'
import { playRegister } from './register-play.ts'
import { formatSpread, spreadOf } from './spread.ts'

const HISTORIES = 1000
const KEYS = 10
const PLAY = { clients: 10, operations: 200, unansweredEvery: 25 }
const MAX_ROUNDS = 3
/** Between two looks at whether it is to end. */
const AT_ONCE = 25
const LATE_MS = 1e6

const MIXTURES: readonly { readonly title: string; readonly isWrong: (history: number) => boolean }[] = [
  { title: 'all of them right', isWrong: () => false },
  { title: 'one in ten with a stale read', isWrong: history => history % 10 === 0 },
  { title: 'all with a stale read', isWrong: () => true },
]

interface Judged {
  readonly seconds: number
  readonly ok: number
  readonly violation: number
  readonly unknown: number
}

export async function measureChecker(context: BenchContext): Promise<BenchTable> {
  const results = new Map<string, Judged[]>(MIXTURES.map(({ title }) => [title, []]))
  let rounds = 0
  for (; hasRound(context, rounds, MAX_ROUNDS); rounds++) {
    for (const { title, isWrong } of MIXTURES) {
      const judged = await judgeAll(isWrong, context.signal)
      results.get(title)?.push(judged)
      context.say(`${title}: ${judged.seconds.toFixed(1)} s`)
    }
  }
  return {
    title: 'The linearizability checker',
    note: `${HISTORIES} histories of ${KEYS} keys with ${PLAY.operations} operations each by ${PLAY.clients} clients, one in ${PLAY.unansweredEvery} never answered; one thread. Where an order is missing, the time to cut the counterexample is in it.`,
    rounds,
    headings: ['histories', 'seconds in all', 'linearizable', 'not', 'undecided'],
    rows: MIXTURES.map(({ title }) => {
      const all = results.get(title) ?? []
      const last = all.at(-1)
      const seconds = formatSpread(spreadOf(all.map(judged => judged.seconds)), value => value.toFixed(1))
      return [title, seconds, ...[last?.ok, last?.violation, last?.unknown].map(count => String(count ?? 0))]
    }),
  }
}

async function judgeAll(isWrong: (history: number) => boolean, signal: AbortSignal): Promise<Judged> {
  const counts = { ok: 0, violation: 0, unknown: 0 }
  let judgedMs = 0
  for (let number = 0; number < HISTORIES && !signal.aborted; number++) {
    const histories = historiesOf(number, isWrong(number))
    const startMs = performance.now()
    counts[outcomeOfKeys(judgeKeys(histories))]++
    judgedMs += performance.now() - startMs
    if (number % AT_ONCE === 0) await new Promise(resolve => setImmediate(resolve))
  }
  return { seconds: judgedMs / 1000, ...counts }
}

function historiesOf(number: number, isWrong: boolean): Map<string, readonly KvOperation[]> {
  const { below } = createRandom(number, 'checker')
  const keys = Array.from({ length: KEYS }, (_, key) => [`key ${key}`, playRegister(below, PLAY)] as const)
  const [spoiled] = keys
  if (isWrong && spoiled !== undefined) spoiled[1].push(...staleRead(spoiled[1]))
  return new Map(keys)
}

/** One more write, and long after it a read of what had been there before. */
function staleRead(history: readonly KvOperation[]): KvOperation[] {
  const before = history.find(({ kind, doneAtMs }) => kind === 'write' && doneAtMs !== null)?.value ?? null
  return [
    { client: PLAY.clients, kind: 'write', value: 'the last', callAtMs: LATE_MS, doneAtMs: LATE_MS + 1 },
    { client: PLAY.clients + 1, kind: 'read', value: before, callAtMs: LATE_MS + 2, doneAtMs: LATE_MS + 3 },
  ]
}
