import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** How much of a candidate's stdout and stderr is kept, together, in bytes. */
export const KEPT_OUTPUT_BYTES = 256 * 1024

/**
 * The last `limitBytes` of what was written. Whole chunks are kept in a queue and dropped from its front, so that gigabytes cost no more
 * than reading them: nothing is copied until somebody asks for the text.
 */
export class OutputTail {
  readonly #limitBytes: number
  #chunks: Buffer[] = []
  #keptBytes = 0
  #totalBytes = 0

  constructor(limitBytes: number = KEPT_OUTPUT_BYTES) {
    this.#limitBytes = limitBytes
  }

  /** Bytes ever written, kept or not. */
  get totalBytes(): number {
    return this.#totalBytes
  }

  write(chunk: Buffer): void {
    this.#totalBytes += chunk.length
    this.#chunks.push(chunk)
    this.#keptBytes += chunk.length
    // Many tiny chunks would cost more than they hold; they are joined now and then.
    if (this.#chunks.length > 4096) this.#chunks = [Buffer.concat(this.#chunks)]
    let first = this.#chunks[0]
    while (first !== undefined && this.#keptBytes - first.length >= this.#limitBytes) {
      this.#keptBytes -= first.length
      this.#chunks.shift()
      first = this.#chunks[0]
    }
  }

  /**
   * What was written after the first `sinceBytes`, as far as it is kept: its end, cut at a line's start when something was dropped before it.
   * Terminal escapes are left as they came.
   */
  text(sinceBytes = 0): string {
    const kept = Buffer.concat(this.#chunks).subarray(-this.#limitBytes)
    const newFrom = sinceBytes - (this.#totalBytes - kept.length)
    if (newFrom >= 0) return kept.subarray(newFrom).toString('utf8')
    const lineStart = kept.indexOf(0x0a) + 1
    return `[${this.#totalBytes - kept.length + lineStart} bytes before this are not kept]\n${kept.subarray(lineStart).toString('utf8')}`
  }
}

/** Reads streams to their ends into a tail, without ever pausing: a candidate that prints must never block on us, nor grow us. */
export function drainInto(tail: OutputTail, streams: readonly (Readable | null)[], onOutput?: (text: string) => void): void {
  for (const stream of streams) {
    // A character may be cut between two reads; the decoder keeps its first half for the second.
    const decoder = new StringDecoder('utf8')
    stream?.on('data', (chunk: Buffer) => {
      tail.write(chunk)
      onOutput?.(decoder.write(chunk))
    })
    // The pipe's other end may vanish at any moment; what was read until then is kept.
    stream?.on('error', () => stream.destroy())
  }
}
