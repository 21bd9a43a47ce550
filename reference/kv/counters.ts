/** What a node has done since it started. Counting is an addition; `/metrics` reads them when somebody asks. */
export interface Counters {
  gets: number
  puts: number
  deletes: number
  peerRequests: number
  /** Requests answered by 4xx or 5xx, absent keys included. */
  refused: number
}

export function zeroCounters(): Counters {
  return { gets: 0, puts: 0, deletes: 0, peerRequests: 0, refused: 0 }
}
