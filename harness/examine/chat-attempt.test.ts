import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CandidateFixture } from '../candidate/candidate-fixture.ts'
import { type ManifestTarget, resolveTarget } from '../candidate/find-candidate.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { startCandidate } from '../candidate/start-candidate.ts'
import type { CheckResult } from '../record/check-record.ts'
import { createReadArea } from '../wire/read-area.ts'
import { type ChatCheckSettings, runChatCheck } from './chat-attempt.ts'
import type { Check } from './check.ts'
import { bounded } from './checks/bounded.ts'
import { capacityFloor } from './checks/capacity-floor.ts'
import { connectionLimit } from './checks/connection-limit.ts'
import { disconnect } from './checks/disconnect.ts'
import { fanout } from './checks/fanout.ts'
import { halfOpen } from './checks/half-open.ts'
import { latency } from './checks/latency.ts'
import { malformed } from './checks/malformed.ts'
import { oversized } from './checks/oversized.ts'
import { pipelining } from './checks/pipelining.ts'
import { heldPorts } from './held-connections.ts'
import { littleChat } from './little-chat-fixture.ts'

/** On a busy machine patience takes its time. */
vi.setConfig({ testTimeout: 90_000 })

let fixture: CandidateFixture
beforeEach(async () => {
  fixture = await CandidateFixture.create()
})
afterEach(async () => await fixture.remove())

test('a server that ends only by force when a check is done with it has not crashed', async () => {
  const target = await fixture.server('deaf', littleChat("process.on('SIGTERM', () => {})"))
  const result = await resultOf(target, async context => {
    const another = await context.startServer({ limits: { graceMs: 300 } })
    expect((await another.stop()).cause).toBe('killed')
    return { outcome: 'pass', reason: 'It served.' }
  })
  expect(result).toMatchObject({ outcome: 'pass', evidence: [] })
})

test('a send without effect leaves what the threads were at, though the server goes on in other channels', async () => {
  const deaf = `const send = chat.send
chat.send = (socket, request) => { if (!request.channel.startsWith('dead')) send(socket, request) }`
  const result = await resultOf(await fixture.server('dead-channel', littleChat(deaf)), async context => {
    const scene = context.scene()
    const [actor, channel] = [await scene.open('ada'), scene.freshChannel('dead')]
    await actor.enter([channel])
    actor.send(channel)
    await scene.settle()
    return { outcome: 'pass', reason: 'It was delivered.' }
  })
  expect(result.outcome).toBe('fail')
  expect(result.evidence.map(({ kind }) => kind)).toContain('stuck')
  expect(result.stacks).toMatch(/its threads:/)
})

test.each([disconnect, oversized])('$id claims nothing of the process of a server that Assay did not start', async check => {
  const strict = `
chat.came = socket => {
  let length = 0
  socket.on('data', text => {
    length = text.includes('\\n') ? 0 : length + text.length
    if (length > 2e6) socket.destroy()
  })
}`
  const target = await fixture.server('strict', littleChat(strict))
  const own = await startCandidate(target)
  try {
    const attached = await startCandidate(await resolveTarget(own.url))
    const { outcome, reason, figures } = await runChatCheck(check, settingsOf(attached, target, new AbortController().signal))
    expect({ outcome, figures }).toEqual({ outcome: 'pass', figures: {} })
    expect(reason).toMatch(/not seen, as Assay did not start this server/)
  } finally {
    await own.stop()
  }
})

test.each([
  ['at the floor', 'at 50 messages', 'sent === 200'],
  ['above the floor', 'at more than 50 messages', 'lastSecond.length === 120'],
])('one message that comes twice %s fails s3.capacity', { timeout: 120_000 }, async (where, words, isDue) => {
  const doubling = `
let sent = 0
let doubled = false
let lastSecond = []
chat.send = (socket, { channel, body }) => {
  sent++
  lastSecond = [...lastSecond.filter(at => at > Date.now() - 1000), Date.now()]
  const line = JSON.stringify({ type: 'message', channel, body }) + '\\n'
  const all = [...(members.get(channel) ?? [])]
  if (!doubled && ${isDue}) doubled = all[0]?.write(line) !== undefined
  for (const member of all) member.write(line)
}`
  const target = await fixture.server(where.replaceAll(' ', '-'), littleChat(doubling))
  const { outcome, reason } = await resultOf(target, async context => await capacityFloor.run(context))
  expect(outcome).toBe('fail')
  expect(reason).toContain(words)
  expect(reason).toMatch(/twice|duplicate|once/)
})

test('a loss is found on a server that never falls silent, as it sends heartbeats', async () => {
  const beating = `
const open = new Set()
chat.came = socket => open.add(socket)
const left = chat.left
chat.left = socket => (open.delete(socket), left(socket))
setInterval(() => { for (const socket of open) chat.say(socket, { type: 'beat' }) }, 1000)
chat.send = (socket, { channel, body }) => chat.say(socket, { type: 'message', channel, body })`
  const result = await resultOf(await fixture.server('beating', littleChat(beating)), async context => {
    const scene = context.scene()
    const [ada, bob] = [await scene.open('ada'), await scene.open('bob')]
    const channel = scene.freshChannel()
    await scene.enterAll([ada, bob], [channel])
    ada.send(channel)
    await scene.settle()
    return { outcome: 'pass', reason: 'It was delivered.' }
  })
  expect(result.outcome).toBe('fail')
  expect(result.evidence.map(({ kind }) => kind)).toEqual(['lost'])
})

test.each(['EADDRNOTAVAIL', 'EADDRINUSE'])(
  'a connection that this machine has nothing left for (%s) is not held against the server',
  async error => {
    const result = await resultOf(await fixture.server('little', littleChat()), async context => {
      const scene = context.scene()
      const actor = scene.connect('from nowhere')
      // In place of ports that have run out: its socket ends before it is connected, with the error that the kernel gives then.
      const closed = actor.closed.bind(actor)
      actor.closed = info => closed({ ...info, error })
      actor.client.destroy()
      await scene.opened([actor])
      return { outcome: 'pass', reason: 'It was connected.' }
    })
    expect(result).toMatchObject({ outcome: 'inconclusive', evidence: [], reason: expect.stringContaining(error) as string })
    expect(result).not.toHaveProperty('assayFault')
  },
)

test.each([
  [
    'stands still once passes',
    'pass',
    'if (++sends === 32) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500)\nsend(socket, request)',
  ],
  ['is late all the time fails', 'fail', 'setTimeout(() => send(socket, request), 1200)'],
])('a server that %s s1.latency', async (what, outcome, late) => {
  const twist = `let sends = 0\nconst send = chat.send\nchat.send = (socket, request) => {\n${late}\n}`
  const result = await resultOf(
    await fixture.server(what.replaceAll(' ', '-'), littleChat(twist)),
    async context => await latency.run(context),
  )
  expect(result).toMatchObject({ outcome, reason: expect.stringContaining('at a first look') as string })
})

/** Who is not in a channel has nothing to say there. */
const MEMBERS_ONLY = `
const send = chat.send
chat.send = (socket, request) => {
  if (members.get(request.channel)?.has(socket)) send(socket, request)
  else stranger(socket)
}
`

test.each([
  ['ignores', 'const stranger = () => {}'],
  ['refuses', "const stranger = socket => chat.say(socket, { type: 'error', message: 'not a member' })"],
  ['closes', 'const stranger = socket => socket.destroy()'],
])('a server that %s whoever sends to a channel without being in it passes s1.fanout', async (what, stranger) => {
  const target = await fixture.server(`members-only-${what}`, littleChat(MEMBERS_ONLY + stranger))
  expect(await resultOf(target, async context => await fanout.run(context))).toMatchObject({ outcome: 'pass', evidence: [] })
})

test('a server that refuses joins at its limit of descriptors passes s3.connections', async () => {
  const full = `
const join = chat.join
let open = 0
chat.came = () => void open++
const left = chat.left
chat.left = socket => (left(socket), open--)
chat.join = (socket, request) =>
  open > 300 ? chat.say(socket, { type: 'error', id: request.id, message: 'full' }) : join(socket, request)
`
  const target = await fixture.server('full', littleChat(full))
  const result = await resultOf(target, async context => await connectionLimit.run(context))
  expect(result).toMatchObject({ outcome: 'pass', evidence: [] })
})

test('a server that lets nobody in any more once its limit was reached fails s3.connections, and is told so', async () => {
  const shut = `
const join = chat.join
let open = 0
let isShut = false
chat.came = () => void (++open > 300 && (isShut = true))
chat.join = (socket, request) => isShut || join(socket, request)
`
  const result = await resultOf(await fixture.server('shut', littleChat(shut)), async context => await connectionLimit.run(context))
  expect(result).toMatchObject({ outcome: 'fail', reason: expect.stringMatching(/only 0 of 20 new ones were served/) as string })
})

test('s2.bounded fills the queues of a server that only lets members send', { timeout: 60_000 }, async () => {
  const evicting = `
const say = chat.say
chat.say = (socket, object) => (socket.writableLength > 1e6 ? socket.destroy() : say(socket, object))
const stranger = socket => socket.destroy()
let evicted = 0
const left = chat.left
chat.left = socket => (left(socket), console.log('evicted', ++evicted))
`
  const target = await fixture.server('evicting', littleChat(evicting + MEMBERS_ONLY))
  let output = ''
  const result = await resultOf(target, async context => {
    const finding = await bounded.run(context)
    output = context.server.output()
    return finding
  })
  expect(result).toMatchObject({ outcome: 'pass', evidence: [] })
  expect(output).toContain('evicted 24')
})

test('a right server passes s1.pipelining and safe.malformed', async () => {
  for (const check of [pipelining, malformed]) {
    const result = await resultOf(await fixture.server(`right-${check.stage}`, littleChat()), async context => await check.run(context))
    expect(result).toMatchObject({ outcome: 'pass', evidence: [] })
  }
})

/** `request` and `line` as they came; what is not understood is refused, with the id where there is one. */
const understands = (condition: string): string => `
const { join, send } = chat
const taken = handle => (socket, request, line) =>
  ${condition} ? handle(socket, request) : chat.say(socket, { type: 'error', id: request.id, message: 'not understood' })
chat.join = taken(join)
chat.send = taken(send)`

test.each([
  ['takes the id 0 for none', 'join with the id 0 was refused', understands("request.type === 'send' || request.id")],
  [
    'answers with 32 bits of an id',
    /join with the id 2147483648 was not acknowledged \(what came is an acknowledgement of the id -2147483648\)/,
    'const { join } = chat\nchat.join = (socket, request) => join(socket, { ...request, id: request.id | 0 })',
  ],
  ['looks for the type first', 'join with its fields in another order was refused', understands("line.startsWith('{\\\"type')")],
  ['wants no spaces', 'join with spaces and tabs between its parts was refused', understands("!line.includes('\\t')")],
  ['refuses unknown fields', 'join with further fields that the server does not know was refused', understands("!line.includes('x-')")],
  ['does not decode escapes', 'join with each character of its texts as an escape was refused', understands("!line.includes('u0064')")],
  [
    'takes at most 128 KiB',
    'join with 1,000 names of 64 bytes, each character as an escape was refused',
    understands('line.length < 131072'),
  ],
  ['takes at most 512 KiB', 'join with a length of nearly 1 MiB, most of it', understands('line.length < 524288')],
  [
    'closes at an unknown type',
    /join with a message of an unknown type before it was answered by a close, .*: {"type":"no-such-request"/,
    'chat.unknown = socket => socket.end()',
  ],
  [
    'loses a send with a large id',
    'send with the optional id 4294967303 was not delivered',
    'const { send } = chat\nchat.send = (socket, request) => { if (!(request.id > 2 ** 32)) send(socket, request) }',
  ],
])('a server that %s fails s1.pipelining', async (what, reason, twist) => {
  const target = await fixture.server(what.replaceAll(' ', '-'), littleChat(twist))
  const result = await resultOf(target, async context => await pipelining.run(context))
  expect(result.outcome).toBe('fail')
  expect(result.reason).toMatch(reason)
  expect(result.reason.length).toBeLessThan(2000)
})

test('a pool of 64 that loses one to each deeply nested message fails safe.malformed', async () => {
  const dying = `
let threads = 64
const { join, send, broken } = chat
chat.broken = (socket, line) => (line.startsWith('[[') ? threads-- : broken(socket))
chat.join = (...request) => { if (threads > 0) join(...request) }
chat.send = (...request) => { if (threads > 0) send(...request) }`
  const target = await fixture.server('dying', littleChat(dying))
  const result = await resultOf(target, async context => await malformed.run(context))
  expect(result.outcome).toBe('fail')
  expect(result.evidence.map(({ kind }) => kind)).toContain('stuck')
})

test.each([halfOpen, malformed])('$id lets go of all its connections when it is cut off', async check => {
  const target = await fixture.server('little', littleChat())
  const server = await startCandidate(target)
  const cut = new AbortController()
  try {
    const running = runChatCheck(check, settingsOf(server, target, cut.signal))
    setTimeout(() => cut.abort(), 700)
    await expect(running).rejects.toThrow()
    await expect.poll(() => heldPorts(server)?.size).toBe(0)
  } finally {
    await server.stop()
  }
})

async function resultOf(target: ManifestTarget, run: Check['run']): Promise<CheckResult> {
  const server = await startCandidate(target, { limits: { graceMs: 300 } })
  try {
    return await runChatCheck({ ...CHECK, run }, settingsOf(server, target, new AbortController().signal))
  } finally {
    await server.stop()
  }
}

const CHECK = {
  id: 's1.fanout',
  stage: '1',
  title: 'It holds.',
  provokes: 'Nothing.',
  needs: [],
  server: 'fresh',
  budgetMs: 60_000,
} as const

function settingsOf(server: RunningCandidate, target: ManifestTarget, signal: AbortSignal): ChatCheckSettings {
  return {
    server,
    start: async options => await startCandidate(target, options),
    area: createReadArea(1024 * 1024),
    seed: 7,
    repetition: 1,
    quick: true,
    manifest: target.manifest,
    signal,
    measure: null,
    control: async () => await Promise.resolve('unknown' as const),
    progress: () => undefined,
  }
}
