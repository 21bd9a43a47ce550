import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, asyncProperty, uint8Array } from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeRecord, encodeRecord, type KeyedEntry } from './entry-codec.ts'
import { recover } from './recovery.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kv-recovery-'))
})
afterEach(async () => await rm(folder, { recursive: true }))

const RECORDS: readonly KeyedEntry[] = [
  { key: 'plain', entry: { time: 2 ** 52, origin: 2 ** 48 - 1, value: Buffer.from('value\nwith\u0000bytes') } },
  { key: 'ключ\n', entry: { time: 2, origin: 0, value: Buffer.alloc(0) } },
  { key: 'gone', entry: { time: 3, origin: 7, value: null } },
]
const PARTS = RECORDS.map(({ key, entry }) => encodeRecord(key, entry))
const LOG = Buffer.concat(PARTS)
const ENDS = PARTS.map((_, at) => PARTS.slice(0, at + 1).reduce((sum, part) => sum + part.length, 0))

describe('a log', () => {
  test('is read back as it was written', async () => {
    expect(await recovered(LOG)).toEqual({ records: RECORDS, lines: [], left: LOG })
  })

  test('that ends anywhere gives the whole records before that, and is cut there with a line that says so', async () => {
    for (let length = 0; length < LOG.length; length++) {
      const whole = ENDS.filter(end => end <= length)
      const { records, lines, left } = await recovered(LOG.subarray(0, length))
      expect(records).toEqual(RECORDS.slice(0, whole.length))
      expect(left).toEqual(LOG.subarray(0, whole.at(-1) ?? 0))
      expect(lines).toHaveLength(whole.includes(length) || length === 0 ? 0 : 1)
    }
  })

  test('with any byte flipped gives the records before that one, and never a wrong one', async () => {
    for (let at = 0; at < LOG.length; at++) {
      const damaged = Buffer.from(LOG)
      damaged.writeUInt8((damaged.readUInt8(at) ^ (1 << (at % 8))) & 0xff, at)
      const { records, lines } = await recovered(damaged)
      expect(records).toEqual(RECORDS.slice(0, ENDS.filter(end => end <= at).length))
      expect(lines).toHaveLength(1)
      expect(await readFile(join(folder, 'log-1.cut'))).toEqual(damaged.subarray(ENDS.findLast(end => end <= at) ?? 0))
    }
  })

  test('followed by anything at all, zeros too, gives its records first', async () => {
    for (const tail of [Buffer.alloc(1), Buffer.alloc(5000)]) expect((await recovered(Buffer.concat([LOG, tail]))).records).toEqual(RECORDS)
    await assert(
      asyncProperty(uint8Array({ minLength: 1, maxLength: 200 }), async tail => {
        expect((await recovered(Buffer.concat([LOG, tail]))).records).toEqual(RECORDS)
      }),
      { numRuns: 50 },
    )
  })

  test('larger than one read is read whole', async () => {
    const value = Buffer.alloc(1024 * 1024, 7)
    const large = Array.from({ length: 9 }, (_, at): KeyedEntry => ({ key: `k${at}`, entry: { time: at, origin: 1, value } }))
    const { records, lines } = await recovered(Buffer.concat(large.map(({ key, entry }) => encodeRecord(key, entry))))
    expect(records.map(({ key }) => key)).toEqual(large.map(({ key }) => key))
    expect(lines).toEqual([])
  })
})

test('an empty folder holds nothing', async () => {
  expect(
    await recover(
      folder,
      () => undefined,
      () => undefined,
    ),
  ).toEqual({ lastNumber: 0, records: 0, logBytes: 0 })
})

test('damage in one file does not touch what the others say', async () => {
  await writeFile(join(folder, 'log-1'), 'not a log at all, but long enough to be taken for one')
  await writeFile(join(folder, 'log-2'), LOG)
  await writeFile(join(folder, 'snapshot-9.tmp'), LOG)
  const keys: string[] = []
  const { lastNumber } = await recover(
    folder,
    ({ key }) => keys.push(key),
    () => undefined,
  )
  expect(keys).toEqual(RECORDS.map(({ key }) => key))
  expect(lastNumber).toBe(2)
})

test('a record is not read where another begins inside it', () => {
  const inner = encodeRecord('inner', { time: 9, origin: 9, value: Buffer.from('x') })
  const outer = encodeRecord('outer', { time: 1, origin: 1, value: inner })
  expect(decodeRecord(outer, 0)).toMatchObject({ key: 'outer', end: outer.length })
})

async function recovered(log: Buffer): Promise<{ records: KeyedEntry[]; lines: string[]; left: Buffer }> {
  const path = join(folder, 'log-1')
  await writeFile(path, log)
  const records: KeyedEntry[] = []
  const lines: string[] = []
  await recover(
    folder,
    ({ key, entry }) => void records.push({ key, entry }),
    line => void lines.push(line),
  )
  return { records, lines, left: await readFile(path) }
}
