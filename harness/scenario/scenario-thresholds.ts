/** What a run must meet to pass. A threshold that is left out and has no default is not judged. */
import { block, decimal, wholeNumber } from './scenario-fields.ts'

const MOST = Number.MAX_SAFE_INTEGER
const HOUR_MS = 3_600_000

export const thresholdsSchema = block(
  {
    completionP99Ms: milliseconds('p99 of completion, from due to read by the last full-speed receiver. Default: `slaMs`.').optional(),
    deliveryP99Ms: milliseconds('p99 of delivery, from due to read, a sample per full-speed receiver.').optional(),
    joinP99Ms: milliseconds(
      'p99 from a join to its acknowledgement; of users who come during the schedule, from when they were to come.',
    ).optional(),
    lost: atMost('Deliveries that had to come and did not.').default(0),
    duplicated: atMost('Deliveries read again by a user who had them already.').default(0),
    misdelivered: atMost("Deliveries read by a user who must not have them, or under another channel's name.").default(0),
    corrupted: atMost('Deliveries whose body differs from what was sent.').default(0),
    garbled: atMost('Output that is not the protocol: broken frames, invalid UTF-8 or JSON.').default(0),
    dropped: atMost('Connections that the server closed, or joins that it refused, with nothing to provoke it.').default(0),
    stalls: atMost('Stretches in which messages were under way and nobody at full speed read anything.').optional(),
    lateCompletions: atMost('Messages whose completion took longer than `slaMs`.').optional(),
    recoveryMs: milliseconds('From the load falling back (the start of a recovery phase) until the SLA is met again.').optional(),
    spikeGoodputShare: decimal(
      0,
      10,
      'The least that the server must deliver a second (median) in a spike, as a share of what it delivered in the hold before.',
    ).optional(),
    rssBytesMax: wholeNumber(1, MOST, "The most memory (resident set) of the server's process tree, in bytes.").optional(),
    evictedStopped: decimal(0, 1, 'The least share of the stopped readers that the server must have disconnected.').optional(),
    minDeliveries: wholeNumber(0, MOST, 'The least number of deliveries, so that a run that did nothing cannot pass.').optional(),
  },
  'What the run must meet to pass. Times are in milliseconds; counts are the most that is allowed.',
)

function milliseconds(about: string) {
  return decimal(0.001, HOUR_MS, `At most this many milliseconds: ${about}`)
}

function atMost(about: string) {
  return wholeNumber(0, MOST, `At most this many: ${about}`)
}
