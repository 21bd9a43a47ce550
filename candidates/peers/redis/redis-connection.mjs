// Commands to a redis-server over its Unix socket, in RESP (version 2), as many under way as there are callers.
import { connect } from 'node:net'
import { Unavailable } from './contract-door.mjs'

const TIMEOUT_MS = 2000
const LINE_END = Buffer.from('\r\n')

export class RedisConnection {
  #path
  #socket
  #waiting = []
  #bytes = Buffer.alloc(0)

  constructor(path) {
    this.#path = path
  }

  /** A Buffer, a number, a text, or `null` where there is nothing. */
  ask(...words) {
    return new Promise((resolve, reject) => {
      const socket = this.#connected()
      const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), TIMEOUT_MS)
      this.#waiting.push({ resolve, reject, timer })
      socket.cork()
      socket.write(`*${words.length}\r\n`)
      for (const word of words.map(word => Buffer.from(word))) {
        socket.write(`$${word.length}\r\n`)
        socket.write(word)
        socket.write(LINE_END)
      }
      socket.uncork()
    })
  }

  #connected() {
    if (this.#socket !== undefined) return this.#socket
    const socket = connect(this.#path)
    this.#socket = socket
    let reason = 'the connection ended'
    socket.on('data', bytes => this.#take(bytes))
    socket.on('error', error => (reason = error.message))
    socket.on('close', () => {
      this.#socket = undefined
      this.#bytes = Buffer.alloc(0)
      for (const { reject, timer } of this.#waiting.splice(0)) {
        clearTimeout(timer)
        reject(new Unavailable(`Redis does not answer: ${reason}.`))
      }
    })
    return socket
  }

  #take(bytes) {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
    for (;;) {
      const reply = readReply(this.#bytes)
      if (reply === undefined) return
      this.#bytes = this.#bytes.subarray(reply.end)
      const { resolve, reject, timer } = this.#waiting.shift()
      clearTimeout(timer)
      if (reply.error === undefined) resolve(reply.value)
      else reject(new Unavailable(`Redis: ${reply.error}.`))
    }
  }
}

/** The first reply in the bytes, or undefined where it is not whole yet. Arrays are not asked for. */
function readReply(bytes) {
  const lineEnd = bytes.indexOf(LINE_END)
  if (lineEnd < 0) return undefined
  const line = bytes.toString('utf8', 1, lineEnd)
  const afterLine = lineEnd + 2
  switch (String.fromCharCode(bytes[0])) {
    case '+':
      return { end: afterLine, value: line }
    case ':':
      return { end: afterLine, value: Number(line) }
    case '-':
      return { end: afterLine, error: line }
    default: {
      const length = Number(line)
      if (length < 0) return { end: afterLine, value: null }
      const end = afterLine + length + 2
      // A copy: what was read is not kept for the sake of one value in it.
      return bytes.length < end ? undefined : { end, value: Buffer.from(bytes.subarray(afterLine, afterLine + length)) }
    }
  }
}
