import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AssayDesk } from './assay-process-fixture.ts'
import { EXIT } from './exit-code.ts'

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
})
afterAll(() => desk.remove())

test('serve chat listens until SIGTERM and ends with 0; a run takes it by its address', { timeout: 60_000 }, async () => {
  const server = desk.start('serve', 'chat', '--port', '0')
  await server.says(/listening on ws:\/\/\S+/)
  const [started = 0] = server.descendants()
  const url = /ws:\/\/[\d.]+:\d+/.exec(server.stdout)?.[0] ?? ''
  const ended = await desk.runUntilConclusive('run', 'brief.yaml', '--target', url, '--pid', String(started), '--out', 'served')
  expect(ended.code).toBe(desk.codeWithoutFault('served'))
  expect(desk.record('served').summary).toMatchObject({ lost: 0, server: { fdsMax: expect.any(Number) } })
  server.kill('SIGTERM')
  expect(await server.ended).toMatchObject({ code: EXIT.pass })
  expect(() => process.kill(started, 0)).toThrow()
})

test('a port in use is said in one line', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const ended = await desk.run('serve', 'chat', '--port', String(port))
  other.close()
  expect(ended.code).toBe(EXIT.misuse)
  expect(ended.stderr).toMatch(new RegExp(`^chat: .*in use.*:${port}\\. Choose another .*\n$`))
})
