import { expect, test, vi } from 'vitest'
import { decodeRecord } from './entry-codec.ts'
import { LIMITS } from './limits.ts'
import { PeerPush } from './peer-push.ts'
import { Store } from './store.ts'

/** A peer whose answers come when the test says so. */
class SlowPeer {
  readonly messages: Buffer[] = []
  private answer: ((isThere: boolean) => void) | undefined

  ask = async (_path: string, message: Buffer): Promise<Buffer> => {
    this.messages.push(message)
    const isThere = await new Promise<boolean>(resolve => (this.answer = resolve))
    if (!isThere) throw new Error('away')
    return Buffer.alloc(0)
  }

  async isAsked(): Promise<void> {
    await vi.waitUntil(() => this.answer !== undefined, { timeout: 10_000, interval: 1 })
  }

  /** Answers the message that is under way, or is about to be. */
  async end(isThere: boolean): Promise<void> {
    await this.isAsked()
    const answer = this.answer
    this.answer = undefined
    answer?.(isThere)
    await new Promise(resolve => void setImmediate(resolve))
  }
}

test('however much is written while a peer is away, a bounded number of keys waits for it', async () => {
  const { push, peer, stop, write } = pushTo()
  let most = 0
  for (let round = 0; round < 3; round++) {
    // One message is under way with all that it can hold, while the next fills up.
    for (let count = 0; count < LIMITS.maxKeysWaiting * 2; count++) {
      if (count === LIMITS.maxKeysWaiting) await peer.isAsked()
      write(`${round}/${count}`, 'x')
      most = Math.max(most, push.waiting)
    }
    await peer.end(false)
    most = Math.max(most, push.waiting)
  }
  expect(most).toBe(LIMITS.maxKeysWaiting)
  await stop()
})

test('a peer that is back gets the newest of each key that waited, once', async () => {
  const { push, peer, write } = pushTo()
  write('a', 'old')
  await peer.end(false)
  write('a', 'new')
  write('b', 'first')
  await peer.end(true)
  await push.drained()
  expect(peer.messages.map(entriesIn)).toEqual([['a=old'], expect.arrayContaining(['a=new', 'b=first'])])
  expect(peer.messages).toHaveLength(2)
  expect(push.waiting).toBe(0)
})

test('what is written while a message is under way goes with the next, and what is too much for one with the one after', async () => {
  const { push, peer, write } = pushTo()
  write('a', 'x')
  await new Promise(resolve => void setTimeout(resolve, 5))
  const large = 'y'.repeat(LIMITS.peerBatchBytes - 100)
  write('b', large)
  write('c', large)
  for (let message = 0; message < 3; message++) await peer.end(true)
  await push.drained()
  expect(peer.messages.map(message => entriesIn(message).map(([key]) => key))).toEqual([['a'], ['b'], ['c']])
})

function pushTo() {
  const peer = new SlowPeer()
  const store = new Store()
  const end = new AbortController()
  const push = new PeerPush(peer, store, end.signal)
  let time = 0
  const write = (key: string, value: string): void => {
    store.merge(key, { time: ++time, origin: 1, value: Buffer.from(value) })
    push.add(key)
  }
  const stop = async (): Promise<void> => {
    end.abort()
    await push.drained()
  }
  return { push, peer, stop, write }
}

function entriesIn(message: Buffer): string[] {
  const entries: string[] = []
  for (let at = 0; at < message.length;) {
    const record = decodeRecord(message, at)
    if (record === undefined) throw new Error(`Expected a record at ${at} of ${message.length} bytes`)
    entries.push(`${record.key}=${String(record.entry.value)}`)
    at = record.end
  }
  return entries
}
