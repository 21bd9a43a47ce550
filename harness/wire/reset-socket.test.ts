import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

/** Of the build, as a process of its own runs it. */
const MODULE = new URL('../../dist/harness/wire/reset-socket.js', import.meta.url).href
const PATIENCE_MS = 10_000

/** Says how the other side saw the end, and ends when no socket is left open. */
function programThat(act: string): string {
  return `
    import { connect, createServer } from 'node:net'
    import { resetSocket } from '${MODULE}'
    const server = createServer({ allowHalfOpen: true }, other => {
      other.resume()
      other.on('error', ({ code }) => console.log(code))
      other.on('end', () => other.write('heard', () => other.write('again')))
      other.on('close', () => server.close())
    })
    server.listen(0, '127.0.0.1', () => {
      const socket = connect({ port: server.address().port, host: '127.0.0.1', allowHalfOpen: true })
      socket.on('error', () => undefined)
      ${act}
    })`
}

describe('a process that resets a connection ends', () => {
  test.each([
    ['that is open', `socket.on('connect', () => resetSocket(socket))`],
    ['whose end was asked for in the same turn', `socket.on('connect', () => { socket.end(); resetSocket(socket) })`],
    ['whose end was asked for a turn before', `socket.on('connect', () => { socket.end(); setImmediate(() => resetSocket(socket)) })`],
    ['that has something to send before its end', `socket.on('connect', () => { socket.end('text'); resetSocket(socket) })`],
    ['that is not open yet and is to end', `socket.end(); resetSocket(socket)`],
  ])('%s', async (_, act) => {
    const ended = promisify(execFile)(process.execPath, ['--input-type=module', '-e', programThat(act)], { timeout: PATIENCE_MS })
    expect((await ended).stdout).toMatch(/^(ECONNRESET|EPIPE)\n$/)
  })
})
