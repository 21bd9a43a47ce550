/** Cuts a stream of bytes into lines, however the network has cut it into reads. */

export const MAX_LINE_BYTES = 1024 * 1024

const NEWLINE = 0x0a
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export class LineTooLong extends Error {}

export class LineSplitter {
  /** The beginning of a line whose end has not come yet, in pieces. */
  #pieces: Buffer[] = []
  #bytes = 0

  /** The lines that these bytes complete. A line that is not UTF-8 comes as undefined; LineTooLong when one is too long. */
  feed(data: Buffer): (string | undefined)[] {
    const lines: (string | undefined)[] = []
    let start = 0
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, start)) {
      this.#keep(data.subarray(start, end))
      start = end + 1
      lines.push(this.#takeLine())
    }
    this.#keep(data.subarray(start))
    return lines
  }

  #keep(piece: Buffer): void {
    this.#bytes += piece.length
    if (this.#bytes > MAX_LINE_BYTES) throw new LineTooLong()
    if (piece.length > 0) this.#pieces.push(piece)
  }

  #takeLine(): string | undefined {
    const line = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#bytes = 0
    try {
      return utf8.decode(line)
    } catch {
      return undefined
    }
  }
}
