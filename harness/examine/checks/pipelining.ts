import { Buffer } from 'node:buffer'
import { type Actor, type ActorRequest, withBodyEscaped } from '../actor.ts'
import type { Check, CheckContext } from '../check.ts'
import { tryDialects } from '../dialect-trial.ts'
import { DIALECTS } from '../dialects.ts'
import { encodeFragments } from '../fragmented-message.ts'
import type { Scene } from '../scene.ts'

/** Below the 200 messages a second and connection to which the first stages keep. */
const REQUESTS_IN_ONE_WRITE = 120
const UNAWAITED_BYTES = 256 * 1024

export const pipelining: Check = {
  id: 's1.pipelining',
  stage: '1',
  title: 'Requests are served however they are written and cut, and however many come at once.',
  provokes:
    'Ids from 0 to 2^53 − 1, fields in any order, spaces, escapes, unknown fields and types, 1 MiB in one message; bytes one by one, cuts inside a character and inside an escape, many requests in one segment, and 256 KiB of them without waiting.',
  needs: [],
  server: 'shared',
  budgetMs: 60_000,
  async run(context) {
    const scene = context.scene()
    const listener = await scene.open('listener')
    const wrong = await tryDialects(scene)
    if (wrong !== null) return wrong
    await byteByByte(context, scene, listener)
    await cutInside(context, scene, listener)
    await inOneWrite(scene, listener)
    await withoutWaiting(scene, listener)
    if (context.transport === 'ws') await fragmented(scene, listener)
    await scene.quiet()
    return {
      outcome: 'pass',
      reason: `Every request was served, in ${DIALECTS.length} ways of writing and whatever its bytes were cut into.`,
    }
  },
}

async function byteByByte(context: CheckContext, scene: Scene, listener: Actor): Promise<void> {
  const channel = scene.freshChannel('bytes')
  await listener.enter([channel])
  const actor = await scene.open('byte by byte')
  const pieces: Buffer[] = []
  const tickets = actor.pipeline([{ join: [channel] }, { send: channel, body: `${scene.freshBody()} é漢😀"\\` }], bytes => {
    for (const byte of bytes) pieces.push(Buffer.from([byte]))
    return []
  })
  for (const piece of pieces) {
    actor.client.write(piece)
    await context.patience.pause(1, scene.server)
  }
  await actor.settled(tickets)
  await scene.settle()
}

/** Two pieces, cut at each place in turn, with a pause between, so that the server sees them in two reads. */
async function cutInside(context: CheckContext, scene: Scene, listener: Actor): Promise<void> {
  const channel = scene.freshChannel('cut')
  const actors = await scene.openMany(context.quick ? 12 : 24, 'cut in two')
  await scene.enterAll([listener, ...actors], [channel])
  const rests = actors.map((actor, place) => {
    let rest: Buffer = Buffer.alloc(0)
    const body = `${scene.freshBody()} 漢😀\u0001"`
    // The body's last characters lie at the end, behind them only a quote, a brace and perhaps a newline.
    actor.pipeline([{ send: channel, body, writing: place % 2 === 0 ? JSON.stringify : withBodyEscaped }], bytes => {
      const at = Math.max(1, bytes.length - 3 - (place >> 1))
      rest = bytes.subarray(at)
      return [bytes.subarray(0, at)]
    })
    return rest
  })
  await context.patience.pause(50, scene.server)
  actors.forEach((actor, place) => actor.client.write(rests[place] ?? Buffer.alloc(0)))
  await scene.settle()
}

async function inOneWrite(scene: Scene, listener: Actor): Promise<void> {
  const channel = scene.freshChannel('burst')
  await listener.enter([channel])
  const actor = await scene.open('all in one write')
  await actor.enter([channel])
  const requests: ActorRequest[] = []
  for (let place = 0; place < REQUESTS_IN_ONE_WRITE; place++) {
    requests.push(place % 4 === 0 ? { join: [`${channel}.${place}`] } : { send: channel })
  }
  await actor.settled(actor.pipeline(requests))
  await scene.settle()
}

async function withoutWaiting(scene: Scene, listener: Actor): Promise<void> {
  const channel = scene.freshChannel('flood')
  await listener.enter([channel])
  const actor = await scene.open('256 KiB at once')
  await actor.enter([channel])
  const requests: ActorRequest[] = []
  for (let bytes = 0; bytes < UNAWAITED_BYTES; bytes += 4096) {
    requests.push({ send: channel, body: scene.freshBody().padEnd(4096, ' pipelined') })
    requests.push({ join: [`${channel}.${bytes}`] })
  }
  await actor.settled(actor.pipeline(requests))
  await scene.settle()
}

async function fragmented(scene: Scene, listener: Actor): Promise<void> {
  const channel = scene.freshChannel('fragments')
  await listener.enter([channel])
  const actor = await scene.open('fragmented')
  await actor.enter([channel])
  const body = `${scene.freshBody()} 漢😀 in fragments`
  actor.pipeline([{ send: channel, body }], () => [encodeFragments(JSON.stringify({ type: 'send', channel, body }), 5)])
  await scene.settle()
}
