/** The nodes of a cluster on this machine: each has an address of its own, so that any of them can be killed and found again there. */
import { MisuseError } from '../candidate/fault.ts'

export interface KvNodeAddress {
  readonly name: string
  readonly host: string
  readonly port: number
}

export const KV_NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'] as const
export const MAX_KV_NODES = KV_NAMES.length
export const DEFAULT_KV_NODES = 3
export const DEFAULT_KV_PORT = 7400
/** 127.0.0.1 is everybody's; the nodes begin after it. */
const FIRST_HOST = 2

/** Node a on 127.0.0.2, b on 127.0.0.3, and so on. `count` is 1 to `MAX_KV_NODES`. */
export function kvNodes(count: number, port: number): KvNodeAddress[] {
  return KV_NAMES.slice(0, count).map((name, index) => ({ name, host: `127.0.0.${FIRST_HOST + index}`, port }))
}

/** @throws MisuseError where only 127.0.0.1 answers, and not the whole range of 127.0.0.0/8 as on Linux: no node could listen there. */
export function requireNodeAddresses(): void {
  if (process.platform === 'linux') return
  throw new MisuseError(
    `Expected Linux, as each node of a cluster listens on an address of its own (127.0.0.${FIRST_HOST} and up), got ${process.platform}. ` +
      'Start Assay in a container or on a Linux machine; nodes that run elsewhere already can be played against from here, given their URLs.',
  )
}

/** As `PEERS` and `--nodes` name it. */
export function addressOf({ host, port }: KvNodeAddress): string {
  return `${host}:${port}`
}
