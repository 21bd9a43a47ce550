import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Between two attempts to connect, in milliseconds: short enough that nobody waits, long enough to cost a starting JVM nothing. */
const ATTEMPT_PAUSE_MS = 20
const ATTEMPT_TIMEOUT_MS = 1000

/**
 * Tries to connect until it works.
 *
 * @returns true as soon as the address accepts a connection; false when `deadlineMs` has passed or `isOver()` says there is no point.
 */
export async function waitUntilListening(
  host: string,
  port: number,
  options: { timeoutMs: number; isOver: () => boolean; signal?: AbortSignal | undefined; now: () => number },
): Promise<boolean> {
  const deadlineMs = options.now() + options.timeoutMs
  while (!options.isOver() && options.now() < deadlineMs) {
    options.signal?.throwIfAborted()
    if (await accepts(host, port)) return true
    await sleep(ATTEMPT_PAUSE_MS, undefined, { signal: options.signal })
  }
  return false
}

/** A port that was free a moment ago, chosen by the kernel. */
export async function freePort(host: string): Promise<number> {
  const server = createServer()
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(0, host, done)
  })
  const address = server.address()
  await new Promise<void>(done => server.close(() => done()))
  if (address === null || typeof address === 'string') throw new Error(`Expected the kernel to name a port on ${host}, got ${address}.`)
  return address.port
}

/** Whether the address accepts a connection now, within a second. */
export async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port })
  try {
    return await new Promise<boolean>(done => {
      socket.once('connect', () => done(true))
      socket.once('error', () => done(false))
      socket.setTimeout(ATTEMPT_TIMEOUT_MS, () => done(false))
    })
  } finally {
    socket.destroy()
  }
}
