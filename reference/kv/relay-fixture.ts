import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A door between two nodes that a test can shut. */
export interface Relay {
  readonly port: number
  /** Takes connections and bytes from now on, and passes nothing on: to those on it, the other side has gone silent. */
  cut(): void
  /** Resets what was cut, and passes on again. */
  heal(): void
  close(): Promise<void>
}

export async function openRelay(target: () => { readonly host: string; readonly port: number }): Promise<Relay> {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer(inner => {
    const outer = connect(target())
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from)
      from.on('data', bytes => void (isCut || to.write(bytes)))
      from.on('error', () => undefined)
      from.on('close', () => {
        sockets.delete(from)
        if (!isCut) to.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const resetAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true
    },
    heal: () => {
      resetAll()
      isCut = false
    },
    close: async () => {
      resetAll()
      server.close()
      await once(server, 'close')
    },
  }
}
