import { mkdtemp, open, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DiskRefusal, SavedStore, type SavedStoreOptions } from './saved-store.ts'

let folder = ''
let lines: string[] = []
const opened: SavedStore[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kv-store-'))
  lines = []
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const saved of opened.splice(0)) await saved.close().catch(() => undefined)
  await rm(folder, { recursive: true })
})

test('what was written is there after a stop, deletes included', async () => {
  const first = await openStore()
  await first.write('kept', Buffer.from('1'))
  await first.write('gone', Buffer.from('2'))
  await first.write('gone', null)
  await first.close()
  const second = await openStore()
  expect([second.store.get('kept')?.toString(), second.store.get('gone'), second.store.tombstones]).toEqual(['1', undefined, 1])
})

test('with durability each, a write is on disk when it is acknowledged', async () => {
  const first = await openStore({ durability: 'each' })
  await first.write('a', Buffer.from('1'))
  // The first is neither stopped nor flushed: all the second can see is the file.
  expect((await openStore()).store.get('a')?.toString()).toBe('1')
})

test('a restart goes on with later times than those it wrote, even with a clock set back', async () => {
  const first = await openStore({ wallMs: () => 2_000_000 })
  await first.write('a', Buffer.from('old'))
  await first.close()
  const second = await openStore({ wallMs: () => 1_000_000, origin: 1 })
  await second.write('a', Buffer.from('new'))
  expect(second.store.get('a')?.toString()).toBe('new')
})

test('snapshots replace the log while writes go on, and nothing is lost', async () => {
  const first = await openStore({ minLogBytesToSnapshot: 20_000, durability: 'each' })
  for (let round = 0; round < 40; round++) {
    await Promise.all(Array.from({ length: 25 }, (_, at) => first.write(`key ${at}`, Buffer.alloc(100, round))))
    if (round % 10 === 0) await first.write(`deleted ${round}`, null)
  }
  await first.close()
  expect(first.snapshots).toBeGreaterThan(1)
  const names = await readdir(folder)
  expect(names.filter(name => name.startsWith('snapshot-'))).toHaveLength(1)
  expect(names.filter(name => name.endsWith('.tmp'))).toEqual([])
  const second = await openStore()
  expect(second.store.keys).toBe(25)
  expect(second.store.tombstones).toBe(4)
  for (let at = 0; at < 25; at++) expect(second.store.get(`key ${at}`)).toEqual(Buffer.alloc(100, 39))
})

test('on a full disk writes are refused with 507, and reads go on', async () => {
  await symlink('/dev/full', join(folder, 'log-1'))
  const saved = await openStore({ durability: 'each' })
  await expect(saved.write('a', Buffer.from('1'))).rejects.toMatchObject({ status: 507 })
  await expect(saved.write('b', Buffer.from('2'))).rejects.toBeInstanceOf(DiskRefusal)
  expect(saved.store.get('b')).toBeUndefined()
  expect(saved.broken).toBe(true)
  expect(lines.filter(line => line.startsWith('disk:'))).toHaveLength(1)
})

test('after a disk error the same records are written again, at the same place, and writes are taken again', async () => {
  const handle = await open(join(folder, 'any'), 'w')
  const prototype = Object.getPrototypeOf(handle) as typeof handle
  await handle.close()
  const first = await openStore({ durability: 'each' })
  await first.write('before', Buffer.from('1'))
  vi.spyOn(prototype, 'datasync').mockRejectedValueOnce(Object.assign(new Error('input/output error'), { code: 'EIO' }))
  await expect(first.write('during', Buffer.from('2'))).rejects.toMatchObject({ status: 500 })
  await vi.waitUntil(() => !first.broken, { timeout: 10_000 })
  await first.write('after', Buffer.from('3'))
  const second = await openStore()
  expect(['before', 'during', 'after'].map(key => second.store.get(key)?.toString())).toEqual(['1', '2', '3'])
  expect(lines.filter(line => line.includes('cut off'))).toEqual([])
})

test('a version from the far future is refused, one of minutes ahead is taken', async () => {
  const ahead = await openStore({ wallMs: () => Date.now() + 10 * 60_000 })
  const saved = await openStore()
  expect(saved.merge('a', { time: ahead.clock.next(), origin: 5, value: Buffer.from('x') })).toBe(true)
  expect(saved.merge('b', { time: Number.MAX_SAFE_INTEGER, origin: 5, value: Buffer.from('x') })).toBe(false)
  await saved.write('a', Buffer.from('mine'))
  expect(saved.store.get('a')?.toString()).toBe('mine')
})

async function openStore(options: Partial<SavedStoreOptions> = {}): Promise<SavedStore> {
  const saved = await SavedStore.open({
    folder,
    durability: 'group',
    origin: 9,
    wallMs: Date.now,
    say: line => void lines.push(line),
    onWrite: () => undefined,
    ...options,
  })
  opened.push(saved)
  return saved
}
