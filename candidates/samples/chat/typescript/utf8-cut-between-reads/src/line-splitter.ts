/** Cuts what the network brings into lines, however it has been cut into reads. */

export const MAX_LINE_BYTES = 1024 * 1024

export class LineTooLong extends Error {}

export class LineSplitter {
  /** The beginning of a line whose end has not come yet. */
  #rest = ''

  feed(data: Buffer): (string | undefined)[] {
    const lines = (this.#rest + data.toString('utf8')).split('\n')
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > MAX_LINE_BYTES) throw new LineTooLong()
    return lines
  }
}
