import { createConnection, type Socket } from 'node:net'

const CONNECT_MS = 5000

/** Connections that each said something and then nothing more, until they are let go. */
export class HeldSockets {
  readonly #sockets: readonly Socket[]

  /** Resolves once each has connected, failed, or taken 5 s. */
  static async open(address: { readonly host: string; readonly port: number }, count: number, words: string): Promise<HeldSockets> {
    const sockets = Array.from({ length: count }, () => createConnection({ ...address, noDelay: true }))
    await Promise.all(sockets.map(async socket => await begun(socket, words)))
    return new HeldSockets(sockets)
  }

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

async function begun(socket: Socket, words: string): Promise<void> {
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, CONNECT_MS)
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    socket.on('error', end)
    socket.on('close', end)
    socket.once('connect', () => {
      socket.write(words, end)
    })
  })
}
