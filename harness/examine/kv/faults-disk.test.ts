import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mountSmallDisk } from './faults-disk.ts'

const MIB = 1024 * 1024

test('a small disk is full when it is filled, keeps what it held, and has room again when relieved; skipped where mounting is not allowed (needs root)', async ({
  skip,
}) => {
  const disk = await mountSmallDisk(2 * MIB)
  if (typeof disk === 'string') return skip(disk)
  try {
    const file = join(disk.folder, 'data')
    await writeFile(file, 'kept')
    await disk.fill()
    await expect(writeFile(join(disk.folder, 'more'), Buffer.alloc(8192))).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(await readFile(file, 'utf8')).toBe('kept')
    await disk.relieve()
    await writeFile(join(disk.folder, 'more'), Buffer.alloc(8192))
  } finally {
    await disk.remove()
  }
  expect(existsSync(disk.folder)).toBe(false)
})
