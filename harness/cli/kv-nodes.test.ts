import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MisuseError } from '../candidate/fault.ts'
import { runKvOnce, type RunKvOnceOptions } from './run-kv-once.ts'
import { serveKv } from './serve-kv.ts'

const { platform } = process
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-kv-nodes-'))
  Object.defineProperty(process, 'platform', { value: 'darwin' })
})
afterEach(() => {
  Object.defineProperty(process, 'platform', { value: platform })
  rmSync(folder, { recursive: true })
})

test('off Linux no cluster is served, and nobody’s store is blamed for it', async () => {
  const served = serveKv(['--data', join(folder, 'data')])
  await expect(served).rejects.toThrow(MisuseError)
  await expect(served).rejects.toThrow(/Expected Linux, .* got darwin/)
  expect(readdirSync(folder)).toEqual([])
})

test('off Linux no store is started for a run, and no record is left of it', async () => {
  const options = { scenario: { name: 'kv', faults: [] }, targets: [{ kind: 'manifest', manifest: { name: 'store' } }], out: folder }
  await expect(runKvOnce(options as unknown as RunKvOnceOptions)).rejects.toThrow(MisuseError)
  expect(readdirSync(folder)).toEqual([])
})
