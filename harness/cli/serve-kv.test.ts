import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AssayDesk } from './assay-process-fixture.ts'
import { MisuseError } from '../candidate/fault.ts'
import { EXIT } from './exit-code.ts'
import { kvNodes } from './kv-nodes.ts'
import { serveKv } from './serve-kv.ts'

const HOSTS = kvNodes(3, 0).map(({ host }) => host)

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
})
afterAll(() => desk.remove())

test(
  'what is set on one node is read on another, while one is killed, and on that one after its restart',
  { timeout: 60_000 },
  async () => {
    const port = await portFreeOn(HOSTS)
    const [a, b, c] = HOSTS.map(host => `${host}:${port}`)
    const cluster = desk.start('serve', 'kv', '--nodes', '3', '--port', String(port), '--data', 'kv data')
    await cluster.says(/kill -9 \$\(cat 'kv data\/c\.pid'\)[^]*Ctrl-C ends all nodes/)
    const kv = async (...words: string[]) => await desk.run('kv', ...words)

    expect(await kv('set', 'greeting', 'hello', '--nodes', String(a))).toMatchObject({ code: EXIT.pass, stderr: '' })
    expect(await kv('get', 'greeting', '--nodes', String(c))).toMatchObject({ code: EXIT.pass, stdout: 'hello' })

    process.kill(Number(readFileSync(desk.path('kv data/b.pid'), 'utf8')), 'SIGKILL')
    await cluster.says(/^b ended \(SIGKILL\)\. Start it again: {2}npx (assay serve kv .* --node b)$/m)
    expect(await kv('set', 'greeting', 'again', '--nodes', [b, a].join(','))).toMatchObject({ code: EXIT.pass })
    expect(await kv('get', 'greeting', '--nodes', [b, c].join(','))).toMatchObject({ code: EXIT.pass, stdout: 'again' })

    const words = /Start it again: {2}npx assay (.*)$/m.exec(cluster.stdout)?.[1] ?? ''
    expect(words).toContain("--data 'kv data'")
    const restarted = desk.start(...words.split(/ (?!data')/).map(word => word.replaceAll("'", '')))
    await restarted.says(/Ctrl-C ends it/)
    expect(await kv('get', 'greeting', '--nodes', String(b))).toMatchObject({ code: EXIT.pass, stdout: 'again' })
    restarted.kill('SIGTERM')
    expect(await restarted.ended).toMatchObject({ code: EXIT.pass })

    const nodes = cluster.descendants()
    cluster.kill('SIGINT')
    expect(await cluster.ended).toMatchObject({ code: EXIT.pass, stderr: '' })
    for (const pid of nodes) expect(() => process.kill(pid, 0)).toThrow()
  },
)

test('a key that is absent ends with 1, a cluster that does not answer with 2, a wrong word with 64', { timeout: 60_000 }, async () => {
  const port = await portFreeOn(HOSTS)
  const node = `${HOSTS[0]}:${port}`
  const nobody = await desk.run('kv', 'get', 'greeting', '--nodes', node)
  expect(nobody).toMatchObject({ code: EXIT.inconclusive, stderr: expect.stringContaining(`${node}: connect ECONNREFUSED`) })
  const cluster = desk.start('serve', 'kv', '--nodes', '1', '--port', String(port))
  await cluster.says(/Ctrl-C ends all nodes and removes their files/)
  expect(await desk.run('kv', 'get', 'greeting', '--nodes', node)).toMatchObject({ code: EXIT.fail, stdout: '', stderr: '' })
  expect(await desk.run('kv', 'set', '--nodes', node, '--', '-k', '-v')).toMatchObject({ code: EXIT.pass })
  expect(await desk.run('kv', 'get', '--nodes', node, '--', '-k')).toMatchObject({ code: EXIT.pass, stdout: '-v' })
  expect(await desk.run('kv', 'delete', '--nodes', node, '--', '-k')).toMatchObject({ code: EXIT.pass })
  expect(await desk.run('kv', 'get', 'greeting', '--nodes', 'here')).toMatchObject({
    code: EXIT.misuse,
    stderr: expect.stringContaining('host:port'),
  })
  cluster.kill('SIGTERM')
  expect(await cluster.ended).toMatchObject({ code: EXIT.pass })
})

test.each([
  ['too many nodes', ['--nodes', '10'], /from 1 to 9/],
  ['a node that is not of the cluster', ['--nodes', '2', '--node', 'c'], /Expected --node to be one of the cluster's 2 nodes, got c/],
  ['an option that it does not know', ['--peers', 'x'], /unknown option '--peers'/],
])('%s: misuse, said in a sentence', async (_, options, sentence) => {
  const ended = await desk.run('serve', 'kv', ...options)
  expect(ended.code).toBe(EXIT.misuse)
  expect(ended.stderr).toMatch(sentence)
})

test.each<[string, (folder: string) => void]>([
  ['is a file', folder => writeFileSync(folder, '')],
  ['has a file where a node has its folder', folder => (mkdirSync(folder), writeFileSync(join(folder, 'b'), ''))],
  ['takes no pid file', folder => mkdirSync(join(folder, 'b.pid'), { recursive: true })],
])('a --data that %s is misuse, found before any node runs', async (what, spoil) => {
  const folder = desk.path(what.replaceAll(' ', '-'))
  spoil(folder)
  const served = serveKv(['--data', folder])
  await expect(served).rejects.toThrow(MisuseError)
  await expect(served).rejects.toThrow(/Expected --data to be a folder that can be written, got: .*Name another one/)
})

/** A port that nobody has had on any of the addresses a moment ago. */
async function portFreeOn(hosts: readonly string[]): Promise<number> {
  let port = 0
  for (const host of hosts) {
    const server = createServer().listen(port, host)
    await once(server, 'listening')
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
    await new Promise(resolve => server.close(resolve))
  }
  return port
}
