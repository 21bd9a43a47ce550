import { randomBytes } from '../random-bytes.ts'
import { Conversation, findingOf } from '../conversation.ts'
import type { KvCheck } from '../kv-check.ts'

const LARGEST_VALUE_BYTES = 1024 * 1024
/** Around the sizes at which buffers, length fields and frames change. */
const SIZES = [1, 2, 127, 128, 255, 256, 4095, 4096, 16_383, 16_384, 65_535, 65_536, 65_537]
const QUICK_SIZES = [1, 255, 4096, 65_536]

/** Bytes that mean something to somebody: to C, to lines, to text decoders, to those who guess a compression, to a log's own marks. */
const TELLING = [
  '00',
  '0000',
  '0061',
  '6100',
  '0a',
  '0d0a',
  '0a0d0a',
  'ff',
  'fffe',
  'efbbbf61',
  'c3',
  'eda080',
  '80',
  '1f8b08',
  '7f',
  '1b5b324a',
]

export const bytes: KvCheck = {
  id: 'k1.bytes',
  stage: '1',
  title: 'Values of any bytes come back exactly',
  provokes: 'One client sets and reads values of every byte, of bytes that are no text, and of up to 1 MiB.',
  needs: [],
  isDistinction: true,
  budgetMs: 240_000,
  run: async context =>
    await findingOf(async () => {
      const [node] = (await context.cluster({ size: 1 })).nodes
      if (node === undefined) throw new Error('Expected a cluster of one to have a node.')
      const talk = new Conversation(context, context.user(node, { name: 'client' }))
      const values = [
        ...TELLING.map(hex => Buffer.from(hex, 'hex')),
        Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
        ...(context.quick ? QUICK_SIZES : SIZES).map(size => randomBytes(context.random, size)),
        randomBytes(context.random, LARGEST_VALUE_BYTES),
      ]
      const keys = values.map(() => context.freshKey('bytes'))
      for (const [at, value] of values.entries()) {
        await talk.put(keys[at] ?? '', value)
        await talk.get(keys[at] ?? '', value)
      }
      for (const [at, value] of values.entries()) await talk.get(keys[at] ?? '', value)
      return { outcome: 'pass', reason: `${values.length} values came back exactly, twice.`, figures: { values: values.length } }
    }),
}
