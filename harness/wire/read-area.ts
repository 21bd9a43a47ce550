/**
 * Memory that sockets read into. All full-speed users of a worker share one area: libuv reads and hands over synchronously, so the bytes
 * are used up before the next read, and receiving allocates nothing. The headroom before the window is where the unfinished end of the
 * read before is put, so that a message cut by a read boundary is whole again without copying the new bytes.
 */
import { Buffer } from 'node:buffer'

const HEADROOM_BYTES = 1_100_000

export interface ReadArea {
  readonly storage: Buffer
  /** What the socket reads into; begins at `storage[headroomBytes]`. */
  readonly window: Buffer
  readonly headroomBytes: number
}

/** `windowBytes`: the most that one read takes, 1 KiB to 16 MiB. */
export function createReadArea(windowBytes: number): ReadArea {
  const storage = Buffer.allocUnsafeSlow(HEADROOM_BYTES + windowBytes)
  return { storage, window: storage.subarray(HEADROOM_BYTES), headroomBytes: HEADROOM_BYTES }
}
