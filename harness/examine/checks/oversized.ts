import { Buffer } from 'node:buffer'
import type { Actor } from '../actor.ts'
import type { Check, CheckContext } from '../check.ts'
import { startBystanders } from '../bystanders.ts'
import type { Scene } from '../scene.ts'

const MIB = 1024 * 1024
const OVERSIZED_BYTES = 64 * MIB
const CHUNK = Buffer.alloc(256 * 1024, 0x61)
const MOST_QUEUED_BYTES = MIB
const SETTLE_MS = 5000
/** Twice what was sent: a server may well hold some of it for a moment, but not all of it several times over. */
const MEMORY_BYTES = 2 * OVERSIZED_BYTES

export const oversized: Check = {
  id: 'safe.oversized',
  stage: 'safe',
  title: 'A message of 64 MiB, or one that never ends, is refused or its connection closed, and memory stays bounded.',
  provokes: 'One message of 64 MiB, and one that goes on without end, while others talk and memory is watched.',
  needs: [],
  server: 'fresh',
  group: 'hostile',
  budgetMs: 90_000,
  async run(context) {
    const scene = context.scene()
    const bystanders = await startBystanders(context, scene)
    const first = context.server.sample()
    const before = first?.rssBytes ?? 0
    let highest = before
    const look = (): void => {
      highest = Math.max(highest, context.server.sample()?.rssBytes ?? 0)
    }
    const sizes = [
      { name: 'a message of 64 MiB', begin: announce(context.transport, OVERSIZED_BYTES), end: context.transport === 'tcp' ? '\n' : '' },
      { name: 'a message without end', begin: announce(context.transport, 2 ** 40), end: '' },
    ]
    for (const { name, begin, end } of sizes) {
      const actor = await scene.open(`sender of ${name}`)
      actor.mayBeClosed('it sent too much')
      const isRefused = await flood(context, scene, actor, [begin, end], look)
      if (!isRefused) {
        const text = `The server took ${name} and neither refused it nor closed the connection.`
        return { outcome: 'fail', reason: text, evidence: [evidence('growth', text, actor.name)] }
      }
      actor.close('destroy')
    }
    const wrong = await bystanders.finish()
    if (wrong !== null) return wrong
    await scene.quiet()
    const grown = highest - before
    const figures = { memoryBeforeBytes: before, memoryHighestBytes: highest }
    if (grown > MEMORY_BYTES) {
      const text = `Memory grew by ${Math.round(grown / MIB)} MiB over two messages that were too large.`
      return { outcome: 'fail', reason: text, figures, evidence: [evidence('growth', text, 'server')] }
    }
    const refused = 'Both were refused or their connections closed'
    if (first === null) return { outcome: 'pass', reason: `${refused}. Its memory was not seen, as Assay did not start this server.` }
    return { outcome: 'pass', reason: `${refused}, and memory stayed bounded.`, figures }
  },
}

/** Writes as fast as the server takes it; true when it answered with an error, closed, or stopped reading. */
async function flood(
  context: CheckContext,
  scene: Scene,
  actor: Actor,
  [begin, end]: readonly [Buffer, string],
  look: () => void,
): Promise<boolean> {
  const isOver = (): boolean => actor.isClosed || actor.refusals > 0
  actor.client.write(begin)
  for (let sent = 0; sent < OVERSIZED_BYTES && !isOver(); sent += CHUNK.length) {
    actor.client.write(CHUNK)
    look()
    const isTaken = (): boolean => isOver() || actor.client.queuedBytes < MOST_QUEUED_BYTES
    // A server that does not read on has refused the rest in its own way.
    if (!(await context.patience.within(SETTLE_MS, isTaken, scene.server))) return true
  }
  if (end !== '') actor.client.write(Buffer.from(end))
  const isRefused = await context.patience.within(SETTLE_MS, isOver, scene.server)
  look()
  return isRefused
}

/** How a text message of so many bytes begins. */
function announce(transport: 'ws' | 'tcp', bytes: number): Buffer {
  const text = '{"type":"send","channel":"red","body":"'
  if (transport === 'tcp') return Buffer.from(text)
  const header = Buffer.alloc(14)
  header.writeUInt16BE(0x81ff, 0)
  header.writeBigUInt64BE(BigInt(bytes), 2)
  // A mask of zeros leaves the payload as it is, and is allowed.
  return Buffer.concat([header, Buffer.from(text)])
}

function evidence(kind: 'growth', text: string, lane: string) {
  return { kind, text, lanes: [lane], events: [{ lane, atMs: null, kind: 'wrong' as const, text }], occurrences: 1 }
}
