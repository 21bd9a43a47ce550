import type { Socket } from 'node:net'

/**
 * Ends a connection with a TCP reset, also one whose orderly end is under way: Node 20 refuses to reset that until its FIN is out, which takes
 * a turn of its loop, leaves the handle open, and then never ends the process.
 */
export function resetSocket(socket: Socket): void {
  const isEnding = socket.writableEnded && !socket.writableFinished
  if (!isEnding) socket.resetAndDestroy()
  else if (socket.connecting) socket.once('connect', () => resetSocket(socket))
  else setImmediate(() => socket.resetAndDestroy())
}
