import { array, assert, constant, constantFrom, nat, oneof, property, record, shuffledSubarray, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'
import { BUCKET_COUNT } from './bucket-digests.ts'
import type { KeyedEntry } from './entry-codec.ts'
import { isNewer } from './entry.ts'
import { Store } from './store.ts'

/** Few keys, times and origins, so that collisions are common. A version has one value, so the value follows from it. */
const keyedEntries = array(record({ key: constantFrom('a', 'b', '', '\u0000', '__proto__'), time: nat(4), origin: nat(2) }), {
  maxLength: 12,
}).map(writes =>
  writes.map(({ key, time, origin }): KeyedEntry => {
    const isDelete = (time + origin) % 3 === 0
    return { key, entry: { time, origin, value: isDelete ? null : Buffer.from(`${key}/${time}/${origin}`) } }
  }),
)

test('entries merge to the same data in any order, and any number of times', () => {
  assert(
    property(
      keyedEntries.chain(entries => shuffledSubarray(entries, { minLength: entries.length }).map(shuffled => ({ entries, shuffled }))),
      ({ entries, shuffled }) => {
        const once = storeOf(entries)
        expect(contentsOf(storeOf(shuffled))).toEqual(contentsOf(once))
        expect(contentsOf(storeOf([...entries, ...shuffled]))).toEqual(contentsOf(once))
        expect(storeOf(shuffled).digests.encode().equals(once.digests.encode())).toBe(true)
      },
    ),
    { numRuns: 40 },
  )
})

test('two stores that merge each other hold the same, whichever merges first', () => {
  assert(
    property(keyedEntries, keyedEntries, keyedEntries, (one, two, three) => {
      const leftFirst = storeOf([...contentsOf(storeOf([...one, ...two])), ...three])
      const rightFirst = storeOf([...one, ...contentsOf(storeOf([...two, ...three]))])
      expect(contentsOf(leftFirst)).toEqual(contentsOf(rightFirst))
    }),
  )
})

test('the newest entry of a key wins, and the counts are those of what is there', () => {
  assert(
    property(keyedEntries, entries => {
      const store = storeOf(entries)
      const contents = contentsOf(store)
      for (const { key, entry } of entries) expect(isNewer(entry, store.entry(key) ?? entry)).toBe(false)
      expect(store.keys).toBe(contents.filter(({ entry }) => entry.value !== null).length)
      expect(store.tombstones).toBe(contents.length - store.keys)
      expect(store.bytes).toBe(contents.reduce((sum, { key, entry }) => sum + key.length + (entry.value?.length ?? 0), 0))
    }),
  )
})

test('digests differ in exactly the buckets whose entries do', () => {
  assert(
    property(keyedEntries, keyedEntries, (one, two) => {
      const [left, right] = [storeOf(one), storeOf(two)]
      const differing = left.digests.differences(right.digests.encode()).map(({ bucket }) => bucket)
      const expected = Array.from({ length: BUCKET_COUNT }, (_, bucket) => bucket).filter(
        bucket => JSON.stringify(versionsIn(left, bucket)) !== JSON.stringify(versionsIn(right, bucket)),
      )
      expect(differing).toEqual(expected)
    }),
    { numRuns: 30 },
  )
})

test('a forgotten tombstone leaves no trace in the digests', () => {
  const store = storeOf([{ key: 'a', entry: { time: 1, origin: 1, value: null } }])
  expect(store.dropTombstones(({ time }) => time < 1)).toBe(0)
  expect(store.dropTombstones(({ time }) => time < 2)).toBe(1)
  expect(store.digests.encode().equals(new Store().digests.encode())).toBe(true)
  expect(store.tombstones).toBe(0)
})

test('values keep every byte, and an empty value is not an absent one', () => {
  assert(
    property(oneof(uint8Array({ maxLength: 50 }), constant(new Uint8Array())), bytes => {
      const store = storeOf([{ key: 'a', entry: { time: 1, origin: 1, value: Buffer.from(bytes) } }])
      expect(store.get('a')).toEqual(Buffer.from(bytes))
    }),
  )
})

function storeOf(entries: readonly KeyedEntry[]): Store {
  const store = new Store()
  for (const { key, entry } of entries) store.merge(key, entry)
  return store
}

function contentsOf(store: Store): KeyedEntry[] {
  const all = Array.from({ length: BUCKET_COUNT }, (_, bucket) => [...store.entriesOf(bucket)]).flat()
  return all.map(([key, entry]) => ({ key, entry })).sort((a, b) => (a.key < b.key ? -1 : 1))
}

function versionsIn(store: Store, bucket: number): unknown[] {
  return [...store.entriesOf(bucket)].map(([key, { time, origin }]) => `${key}/${time}/${origin}`).sort((a, b) => (a < b ? -1 : 1))
}
