/** Where a node listens: `name=host:port` in `PEERS` and on the command line. */
export interface PeerAddress {
  readonly name: string
  readonly host: string
  readonly port: number
}

/**
 * Reads a list separated by commas or line ends; an IPv6 address stands in brackets. The node itself may be among them and is left out.
 *
 * @throws RangeError naming the part that is not an address.
 */
export function parsePeers(text: string, self: PeerAddress): PeerAddress[] {
  return text
    .split(/[,\n]/)
    .map(part => part.trim())
    .filter(part => part !== '')
    .map(parsePeer)
    .filter(peer => peer.name !== self.name && (peer.host !== self.host || peer.port !== self.port))
}

function parsePeer(text: string): PeerAddress {
  const match = /^([^=\s]+)=(\[[^\]\s]+\]|[^:\s]+):(\d{1,5})$/.exec(text)
  const [, name, host, digits] = match ?? []
  const port = Number(digits)
  if (name === undefined || host === undefined || !(port >= 1 && port <= 65_535)) {
    throw new RangeError(`Expected a peer as name=host:port, got ${JSON.stringify(text)}. Peers are separated by commas.`)
  }
  return { name, host: host.replaceAll(/[[\]]/g, ''), port }
}
