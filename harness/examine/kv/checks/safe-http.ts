import type { CheckEvidence } from '../../../record/check-record.ts'
import { Conversation, findingOf, WrongAnswerError } from '../conversation.ts'
import { HOSTILE_REQUESTS, type HostileRequest } from '../hostile-requests.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'
import type { KvNode } from '../kv-node.ts'
import { type RawAnswer, sendRaw } from '../raw-request.ts'
import { HeldSockets } from '../held-sockets.ts'

/** Far more than any value; what takes as much in without a word has no limit. */
const MOST_BYTES = 64 * 1024 * 1024
const ANSWER_MS = 10_000
const SHORT_WAIT_MS = 300
/** Connections that say half a word and no more, while others are served. */
const SILENT = 50
const APPLIED_MS = 500
const NOT_IMPLEMENTED = 501
const VERSION_NOT_SUPPORTED = 505

export const safeHttp: KvCheck = {
  id: 'safe.http',
  stage: 'safe',
  title: 'Broken, huge and endless requests are refused, and harm nobody but their sender',
  provokes: `${HOSTILE_REQUESTS.length} requests that nobody should send, and ${SILENT} connections that begin one and fall silent; after each, the node is set and read.`,
  needs: [],
  budgetMs: 600_000,
  run: async context =>
    await findingOf(async () => {
      const [node] = (await context.cluster({ size: 1 })).nodes
      if (node === undefined) throw new Error('Expected a cluster of one to have a node.')
      const talk = new Conversation(context, context.user(node, { name: 'an honest client' }))
      const kept = context.freshKey('kept')
      await talk.put(kept, 'from before')
      // Whether a write is there at once is another check's question.
      await context.patience.pause(APPLIED_MS)
      for (const hostile of HOSTILE_REQUESTS) {
        context.progress(hostile.name)
        const key = context.freshKey('hostile')
        judge(hostile, node, await send(hostile, node, key))
        await afterwards(talk, context, kept)
        if (hostile.expects === 'refused' || hostile.name.includes('breaks off')) await talk.get(key, null)
      }
      await besideSilentOnes(talk, context, node, kept)
      const reason = `${HOSTILE_REQUESTS.length} kinds of bad requests were refused or dropped, and the node went on serving.`
      return { outcome: 'pass', reason, figures: { requests: HOSTILE_REQUESTS.length } }
    }),
}

async function send(hostile: HostileRequest, node: KvNode, key: string): Promise<RawAnswer> {
  const waitMs = hostile.expects === 'refused' ? ANSWER_MS : SHORT_WAIT_MS
  return await sendRaw(node, hostile.pieces(key), { waitMs, maxBytes: MOST_BYTES })
}

/** The first answer is the one to the request; what follows may be about its leftovers. */
function judge(hostile: HostileRequest, node: KvNode, { statuses, isClosed, sentBytes }: RawAnswer): void {
  const [status] = statuses
  if (hostile.expects === 'survived' || (status === undefined && isClosed)) return
  if (status !== undefined && isRefusal(status)) return
  const got =
    status === undefined ? `no answer and no close within ${ANSWER_MS / 1000} s` : status === 0 ? 'bytes that are no answer' : `${status}`
  const text = `Expected ${hostile.name} to be refused by node ${node.name} (a 4xx, 501, 505 or a close), got ${got}.`
  throw new WrongAnswerError(evidence(hostile, node, text, sentBytes))
}

function isRefusal(status: number): boolean {
  return (status >= 400 && status < 500) || status === NOT_IMPLEMENTED || status === VERSION_NOT_SUPPORTED
}

async function afterwards(talk: Conversation, context: KvCheckContext, kept: string): Promise<void> {
  const key = context.freshKey('after')
  await talk.put(key, 'still here')
  await talk.get(kept, 'from before')
}

/** Threads that wait for the rest of a request must not be all there are. */
async function besideSilentOnes(talk: Conversation, context: KvCheckContext, node: KvNode, kept: string): Promise<void> {
  context.progress('connections that fall silent')
  const never = context.freshKey('never')
  const held = await HeldSockets.open(node, SILENT, `PUT /kv/${never} HTTP/1.1\r\nHost: node\r\nContent-Length: 100\r\n\r\nhalf`)
  try {
    await afterwards(talk, context, kept)
  } finally {
    held.close()
  }
  await talk.get(never, null)
}

function evidence(hostile: HostileRequest, node: KvNode, text: string, sentBytes: number): CheckEvidence {
  const lane = `node ${node.name}`
  return {
    kind: 'garbled',
    text,
    lanes: ['client', lane],
    events: [
      { lane: 'client', atMs: null, kind: 'send', text: `sends ${hostile.name} (${sentBytes} bytes went out)` },
      { lane, atMs: null, kind: 'wrong', text },
    ],
    occurrences: 1,
  }
}
