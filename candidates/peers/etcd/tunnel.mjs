// Connections between two nodes, each begun as an HTTP upgrade on the other's one port: the store behind needs no port of its own there.
import { request } from 'node:http'

const CONNECT_TIMEOUT_MS = 2000

/** Opens a tunnel; resolves with its socket. `protocol` is what the other node's door knows it by. */
export function openTunnel({ host, port }, protocol, headers = {}) {
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path: '/', headers: { connection: 'upgrade', upgrade: protocol, ...headers }, agent: false })
    const timer = setTimeout(() => asked.destroy(new Error('no answer in time')), CONNECT_TIMEOUT_MS)
    asked.once('upgrade', (_, socket, head) => {
      clearTimeout(timer)
      socket.on('error', () => socket.destroy())
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    asked.once('response', response => {
      response.resume()
      reject(new Error(`refused with ${response.statusCode}`))
    })
    asked.once('error', error => {
      clearTimeout(timer)
      reject(error)
    })
    asked.end()
  })
}

/** Joins two sockets; when one ends, so does the other. */
export function splice(one, other) {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ]) {
    from.setNoDelay?.(true)
    from.on('error', () => from.destroy())
    from.on('close', () => to.destroy())
    from.pipe(to)
  }
}
