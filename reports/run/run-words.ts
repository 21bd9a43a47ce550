import type { RunRecord } from '../../harness/record/run-record.ts'

/** What the common fields of a record are called for the exercise that was played. */
export interface RunWords {
  /** Under the headline figure. */
  readonly headline: string
  /** What 99 of 100 did by then. */
  readonly hadDone: string
  readonly message: readonly [one: string, many: string]
  readonly deliveries: string
  /** Short names of the two latencies, and what each is. */
  readonly completion: string
  readonly completionIs: string
  readonly delivery: string
  readonly deliveryIs: string
  readonly latencyLead: string
}

const CHAT: RunWords = {
  headline: 'p99 completion: to the last recipient',
  hadDone: 'messages had reached everyone by then',
  message: ['message', 'messages'],
  deliveries: 'deliveries',
  completion: 'completion',
  completionIs: 'Completion (to the last recipient)',
  delivery: 'delivery',
  deliveryIs: 'Delivery (to each recipient)',
  latencyLead:
    'Counted from the moment a message was due, not from when it was sent. Completion: until the last reader at full speed that must have it has read it. Delivery: until each of them has.',
}

const KV: RunWords = {
  headline: 'p99 of requests: from due to answered',
  hadDone: 'requests had their answer by then',
  message: ['request', 'requests'],
  deliveries: 'answers',
  completion: 'request',
  completionIs: 'Request (from due to answered, other nodes tried included)',
  delivery: 'service',
  deliveryIs: 'Service (from the first try to answered)',
  latencyLead:
    'Counted from the moment a request was due, not from when it was sent, to the answer of whichever node gave one. Service: from the first try.',
}

export function runWords(record: RunRecord): RunWords {
  return record.kv === undefined ? CHAT : KV
}

export function capitalized(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`
}
