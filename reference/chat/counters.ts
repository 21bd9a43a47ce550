/** What the service counts as it goes. Plain numbers: they are on the hot path, and metrics read them only when asked. */
export interface Counters {
  connections: number
  connectionsAccepted: number
  connectionsRefused: number
  joins: number
  joinsRefused: number
  messages: number
  deliveries: number
  writes: number
  bytesOut: number
  queuedBytes: number
  sendsShed: number
  evictions: number
  replacements: number
  deadPeers: number
  invalidRequests: number
}

export function newCounters(): Counters {
  return {
    connections: 0,
    connectionsAccepted: 0,
    connectionsRefused: 0,
    joins: 0,
    joinsRefused: 0,
    messages: 0,
    deliveries: 0,
    writes: 0,
    bytesOut: 0,
    queuedBytes: 0,
    sendsShed: 0,
    evictions: 0,
    replacements: 0,
    deadPeers: 0,
    invalidRequests: 0,
  }
}
