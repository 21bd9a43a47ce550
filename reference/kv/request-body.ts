import type { IncomingMessage } from 'node:http'
import { ownCopy } from './entry-codec.ts'
import { LIMITS } from './limits.ts'
import { Refusal } from './refusal.ts'

/** Receives bodies, each up to a limit of its own and all together up to another. */
export class BodyReader {
  #bytes = 0

  /** Bytes of bodies that have not come to their end. */
  get bytesUnderWay(): number {
    return this.#bytes
  }

  /**
   * The whole body, in memory of its own.
   *
   * @throws Refusal 413 where it is, or says that it is, longer; 503 where all together are; 400 where it breaks off.
   */
  async read(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLong(limitBytes)
    const parts: Buffer[] = []
    let bytes = 0
    try {
      await new Promise<void>((resolve, reject) => {
        request.on('data', (part: Buffer) => {
          bytes += part.length
          this.#bytes += part.length
          if (bytes > limitBytes) reject(tooLong(limitBytes))
          else if (this.#bytes > LIMITS.maxBodiesBytes) reject(new Refusal(503, 'Too many bodies are under way. Try again.'))
          else parts.push(part)
        })
        request.on('end', resolve)
        request.on('error', reject)
        request.on('close', () => reject(new Refusal(400, 'Expected the whole body, got only a part.')))
      })
      return ownCopy(...parts)
    } finally {
      this.#bytes -= bytes
      request.removeAllListeners('data')
    }
  }
}

function tooLong(limitBytes: number): Refusal {
  return new Refusal(413, `Expected a body of at most ${limitBytes} bytes, got more.`)
}
