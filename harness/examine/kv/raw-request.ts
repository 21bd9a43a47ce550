/** One request as bytes, whatever they are, over a connection of its own; and what came of it. */
import { createConnection, type Socket } from 'node:net'

export interface RawAnswer {
  /** Status codes of all answers that were read, in order; 0 for bytes that are no answer. */
  readonly statuses: readonly number[]
  /** True where the server closed or reset the connection, in the middle or after an answer. */
  readonly isClosed: boolean
  readonly sentBytes: number
}

/** Pieces that are written one after the other, each once the one before is on its way; may be endless. */
export type RawPieces = Iterable<string | Buffer>

const HEARD_CHARACTERS = 8192

/**
 * Sends until there is an answer, the server closes or stops reading, or `maxBytes` are sent; then waits for an answer or a close. Never rejects.
 *
 * @param waitMs how long a piece may wait to be read, and how long to wait after the last byte, in milliseconds.
 */
export async function sendRaw(
  address: { readonly host: string; readonly port: number },
  pieces: RawPieces,
  { waitMs, maxBytes }: { readonly waitMs: number; readonly maxBytes: number },
): Promise<RawAnswer> {
  const socket = createConnection({ ...address, noDelay: true })
  const heard = { text: '', isClosed: false }
  socket.on('data', (bytes: Buffer) => {
    if (heard.text.length < HEARD_CHARACTERS) heard.text += bytes.toString('latin1')
  })
  const closed = new Promise<void>(resolve => {
    socket.on('error', () => undefined)
    socket.on('close', () => {
      heard.isClosed = true
      resolve()
    })
    socket.on('end', () => (heard.isClosed = true))
  })
  let sentBytes = 0
  const isOver = (): boolean => heard.isClosed || heard.text !== '' || sentBytes >= maxBytes
  for (const piece of pieces) {
    if (isOver()) break
    sentBytes += piece.length
    if (!(await isTaken(socket, piece, closed, waitMs))) break
  }
  await answeredOr(heard, socket, closed, waitMs)
  socket.destroy()
  return { statuses: statusesIn(heard.text), isClosed: heard.isClosed, sentBytes }
}

/** False where the server has not read for so long: it gets nothing more. */
async function isTaken(socket: Socket, piece: string | Buffer, closed: Promise<void>, waitMs: number): Promise<boolean> {
  if (!socket.writable) return true
  const taken = new Promise<boolean>(resolve => socket.write(piece, () => resolve(true)))
  return await Promise.race([taken, closed.then(() => true), after(waitMs).then(() => false)])
}

async function answeredOr(
  heard: { readonly text: string; readonly isClosed: boolean },
  socket: Socket,
  closed: Promise<void>,
  waitMs: number,
) {
  if (heard.text !== '' || heard.isClosed) return
  await Promise.race([new Promise<void>(resolve => void socket.once('data', () => setImmediate(resolve))), closed, after(waitMs)])
}

async function after(ms: number): Promise<void> {
  await new Promise<void>(resolve => {
    setTimeout(resolve, ms).unref()
  })
}

function statusesIn(text: string): number[] {
  if (text === '') return []
  const statuses = [...text.matchAll(/HTTP\/\d\.\d (\d{3})/g)].map(([, digits]) => Number(digits))
  return statuses.length === 0 ? [0] : statuses
}
