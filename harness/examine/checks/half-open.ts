import { Buffer } from 'node:buffer'
import type { Check, CheckContext } from '../check.ts'
import { startBystanders } from '../bystanders.ts'
import { RawPeer } from '../raw-peer.ts'
import type { Scene } from '../scene.ts'

const SILENT = 60
const SLOW = 20
const VANISHING = 40
const WATCH_MS = 4000
const QUICK_WATCH_MS = 2000
const BYTE_EVERY_MS = 50

export const halfOpen: Check = {
  id: 'safe.half-open',
  stage: 'safe',
  title: 'Connections that say nothing, speak byte by byte or vanish do not hold up others.',
  provokes:
    '60 connections that never send, 20 that send their bytes one by one, and 40 that vanish in the middle of a message, while others talk.',
  needs: [],
  server: 'fresh',
  group: 'hostile',
  budgetMs: 60_000,
  async run(context) {
    const scene = context.scene()
    const bystanders = await startBystanders(context, scene)
    const peers = Array.from({ length: SILENT + SLOW + VANISHING }, () => new RawPeer(context.server, () => undefined))
    try {
      const established = await playOn(context, scene, peers)
      const wrong = await bystanders.finish()
      if (wrong !== null) return wrong
      for (const peer of peers) peer.destroy()
      await scene.quiet()
      return { outcome: 'pass', reason: `${peers.length + established} connections that lead nowhere held up nobody.` }
    } finally {
      for (const peer of peers) peer.destroy()
    }
  },
}

/** Returns how many more connections say nothing. */
async function playOn(context: CheckContext, scene: Scene, peers: readonly RawPeer[]): Promise<number> {
  const opening = context.transport === 'ws' ? SLOW_HANDSHAKE : '{"type":"join","id":1,"channels":["slow"]}'
  const slow = peers.slice(SILENT, SILENT + SLOW)
  const vanishing = peers.slice(SILENT + SLOW)
  for (const peer of vanishing) peer.write(Buffer.from(opening.slice(0, 20)))
  const established = await scene.openMany(SILENT, 'says nothing')
  const ticks = (context.quick ? QUICK_WATCH_MS : WATCH_MS) / BYTE_EVERY_MS
  for (let tick = 0; tick < ticks; tick++) {
    for (const peer of slow) peer.write(opening.charAt(tick % opening.length))
    vanishing[tick % VANISHING]?.destroy()
    await context.patience.pause(BYTE_EVERY_MS, scene.server)
  }
  return established.length
}

const SLOW_HANDSHAKE =
  'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n'
