const NEWLINE = 0x0a

/** Cuts a stream of bytes into lines, of bounded length. */
export class LineReader {
  private readonly maxLineBytes: number
  private readonly pieces: Buffer[] = []
  private pieceBytes = 0

  constructor(maxLineBytes: number) {
    this.maxLineBytes = maxLineBytes
  }

  /** Calls `onLine` for each line that the chunk completes, without its newline. Returns false, for good, once a line is too long. */
  push(chunk: Buffer, onLine: (line: Buffer) => void): boolean {
    let start = 0
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start)
      const stop = end === -1 ? chunk.length : end
      if (this.pieceBytes + stop - start > this.maxLineBytes) {
        this.pieces.length = 0
        this.pieceBytes = this.maxLineBytes
        return false
      }
      if (end === -1) {
        this.keep(chunk.subarray(start))
        return true
      }
      onLine(this.take(chunk.subarray(start, end)))
      start = end + 1
    }
  }

  private keep(piece: Buffer): void {
    if (piece.length === 0) return
    this.pieces.push(piece)
    this.pieceBytes += piece.length
    if (this.pieces.length >= PIECES_BEFORE_JOIN) this.pieces.splice(0, this.pieces.length, Buffer.concat(this.pieces))
  }

  private take(last: Buffer): Buffer {
    if (this.pieceBytes === 0) return last
    const line = Buffer.concat([...this.pieces, last])
    this.pieces.length = 0
    this.pieceBytes = 0
    return line
  }
}

/** A line that comes byte by byte would otherwise cost an object a byte. */
const PIECES_BEFORE_JOIN = 1024
