import { wholeKeyPath } from '../../../wire/kv-client.ts'
import { Conversation, findingOf } from '../conversation.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'

const LONG_TEXT_CHARACTERS = 65_536
const LONGEST_KEY_BYTES = 256
const TOGETHER = 100

/** Keys that parsers, routers and maps trip over; all differ, and have to be told apart. */
const ODD_KEYS = [
  ' ',
  'a b',
  'a+b',
  'a%20b',
  'a%2520b',
  '%',
  '%%',
  'a/b',
  'a//b',
  '/a',
  'a/',
  'a?b=c',
  'a#b',
  'a&b=c',
  'a;b',
  'a:b',
  'a,b',
  'a"b',
  "a'b",
  'a\\b',
  'a|b',
  '{"a":1}',
  '[0]',
  '-1',
  '0',
  '00',
  'null',
  'undefined',
  'true',
  '__proto__',
  'constructor',
  'toString',
  'health',
  'kv',
  'Key',
  'key',
  'KEY',
  'a=b',
  '*',
  '$a',
  '<a>',
  'ключ',
  '鍵',
  'e\u0301',
  '\u00e9',
  '🗝️',
  'a.b',
  '...',
  '~',
]

/** Texts that a store which packs, trims or parses its values gets wrong. */
const ODD_TEXTS = [
  ' ',
  '  leading and trailing  ',
  'null',
  'undefined',
  'true',
  '0',
  '-0',
  '1e400',
  '""',
  '"quoted"',
  "it's",
  'a\\nb',
  '{"key":"value"}',
  '<value/>',
  'a,b;c\td',
  'SET key value',
  'DELETE',
  '%41%2F',
  'a=b&c=d',
  'schön — ключ — 鍵 — 🗝️',
  'e\u0301 is not \u00e9',
  '\u202Eright to left\u202C',
]

export const basics: KvCheck = {
  id: 'k1.basics',
  stage: '1',
  title: 'What is set is read back exactly, until it is overwritten or deleted',
  provokes: 'One client sets, reads, overwrites and deletes keys on one node: absent keys, empty values, odd keys, any text.',
  needs: [],
  budgetMs: 240_000,
  run: async context =>
    await findingOf(async () => {
      const [node] = (await context.cluster({ size: 1 })).nodes
      if (node === undefined) throw new Error('Expected a cluster of one to have a node.')
      const talk = new Conversation(context, context.user(node, { name: 'client' }))
      await lifeOfAKey(talk, context)
      await emptyValues(talk, context)
      await texts(talk, context)
      await oddKeys(talk, context)
      const other = new Conversation(context, context.user(node, { name: 'client that encodes every byte', pathOf: wholeKeyPath }))
      await otherSpellings(talk, other, context)
      await keysTogether(talk, context)
      const requests = talk.requests + other.requests
      return { outcome: 'pass', reason: `All ${requests} answers were right.`, figures: { requests } }
    }),
}

async function lifeOfAKey(talk: Conversation, context: KvCheckContext): Promise<void> {
  const key = context.freshKey('life')
  await talk.get(key, null)
  await talk.delete(key)
  await talk.put(key, 'first')
  await talk.get(key, 'first')
  await talk.put(key, 'second, which is longer')
  await talk.get(key, 'second, which is longer')
  await talk.put(key, '3')
  await talk.get(key, '3')
  await talk.put(key, '3')
  await talk.get(key, '3')
  await talk.delete(key)
  await talk.get(key, null)
  await talk.delete(key)
  await talk.get(key, null)
  await talk.put(key, 'again')
  await talk.get(key, 'again')
}

/** Empty is not absent. */
async function emptyValues(talk: Conversation, context: KvCheckContext): Promise<void> {
  const key = context.freshKey('empty')
  await talk.put(key, '')
  await talk.get(key, '')
  await talk.put(key, 'no longer')
  await talk.put(key, '')
  await talk.get(key, '')
  await talk.delete(key)
  await talk.get(key, null)
}

async function texts(talk: Conversation, context: KvCheckContext): Promise<void> {
  const long = 'a long line of text, '.repeat(Math.ceil(LONG_TEXT_CHARACTERS / 21)).slice(0, LONG_TEXT_CHARACTERS)
  for (const text of [...ODD_TEXTS, long]) {
    const key = context.freshKey('text')
    await talk.put(key, text)
    await talk.get(key, text)
  }
}

/** All are set before any is read, so that two keys which a store takes for one show up. */
async function oddKeys(talk: Conversation, context: KvCheckContext): Promise<void> {
  const longest = 'k'.repeat(LONGEST_KEY_BYTES)
  const longestInTwoBytes = 'é'.repeat(LONGEST_KEY_BYTES / 2)
  const keys = [...ODD_KEYS, longest, `${longest.slice(1)}l`, longestInTwoBytes]
  const valueOf = (key: string): string => `value of ${key}`
  for (const key of keys) await talk.put(key, valueOf(key))
  for (const key of keys) await talk.get(key, valueOf(key))
  const deleted = keys.filter(() => context.random.below(2) === 0)
  for (const key of deleted) await talk.delete(key)
  for (const key of keys) await talk.get(key, deleted.includes(key) ? null : valueOf(key))
}

/** Clients differ in what they encode, and in which letters; a key is its bytes. */
async function otherSpellings(talk: Conversation, other: Conversation, context: KvCheckContext): Promise<void> {
  for (const end of ['~*', 'ž/é']) {
    const key = `${context.freshKey('spelt')} ${end}`
    await talk.put(key, 'first')
    await other.get(key, 'first')
    await other.put(key, 'second')
    await talk.get(key, 'second')
    await other.delete(key)
    await talk.get(key, null)
  }
}

async function keysTogether(talk: Conversation, context: KvCheckContext): Promise<void> {
  const keys = Array.from({ length: TOGETHER }, () => context.freshKey('many'))
  for (const [at, key] of keys.entries()) await talk.put(key, `value ${at}`)
  for (const [at, key] of keys.entries()) if (at % 3 === 0) await talk.delete(key)
  for (const [at, key] of keys.entries()) await talk.get(key, at % 3 === 0 ? null : `value ${at}`)
}
