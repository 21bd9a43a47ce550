/**
 * How strictly a candidate is contained, from strict to not at all:
 * - `strict`: own view of the disk (toolchains and its own folder alone), own processes, and no network beyond loopback;
 * - `networked`: the same, but it could reach the network;
 * - `group`: only an own process group, a scrubbed environment and the watched limits.
 */
export type ContainmentName = 'strict' | 'networked' | 'group'

export type ContainmentLevel = {
  readonly name: ContainmentName
  /** One line to print, and to keep in the record. */
  readonly summary: string
}
