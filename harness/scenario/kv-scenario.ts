/** What a scenario for the key-value exercise may say. Checked, completed and published in the same way as one for chat (scenario.ts). */
import { z } from 'zod'
import { block, choice, decimal, label, oneOfBlocks, wholeNumber } from './scenario-fields.ts'
import { phasesSchema } from './scenario-phases.ts'

const MAX_NODES = 9
const MAX_VALUE_BYTES = 1_048_576
const MAX_FAULTS = 16
const DAY_SECONDS = 86_400
const HOUR_MS = 3_600_000
const MOST = Number.MAX_SAFE_INTEGER

const arrival = oneOfBlocks(
  'model',
  [
    block(
      {
        model: z.literal('open'),
        process: choice(['constant', 'poisson'], 'Evenly spaced, or with the random gaps of independent clients (Poisson).').default(
          'poisson',
        ),
        ratePerSecond: decimal(0.001, 100_000, 'Requests a second, over all nodes together, at load 1.'),
      },
      'Requests are due by the clock, whatever the store does: latency runs from the due time to the answer, retries included.',
    ),
    block(
      {
        model: z.literal('closed'),
        connections: wholeNumber(1, 1_000, 'Connections in all, each of which sends, waits for the answer and sends again.'),
      },
      'As many requests as the store answers, played by autocannon: for throughput. A slow store slows the load.',
    ),
  ],
  'How requests come about.',
)

const share = (about: string) => decimal(0, 1, about)
const mix = block(
  {
    get: share('Share of reads.').default(0.8),
    set: share('Share of writes.').default(0.19),
    delete: share('Share of deletes.').default(0.01),
  },
  'What is asked for; the shares are 1 in all.',
)

const valueBytes = wholeNumber(0, MAX_VALUE_BYTES, 'Bytes.')

const fault = oneOfBlocks(
  'kind',
  [
    block(
      { kind: z.literal('kill'), node: nodeNumber(), atSeconds: when(), forSeconds: howLong() },
      'kill -9; started again after `forSeconds`.',
    ),
    block(
      { kind: z.literal('pause'), node: nodeNumber(), atSeconds: when(), forSeconds: howLong() },
      'SIGSTOP; SIGCONT after `forSeconds`.',
    ),
  ],
  'Something that happens to one node.',
)

/** Checks one scenario field by field and fills in what was left out. Idempotent. */
export const kvScenarioSchema = block(
  {
    name: label('What the scenario is called, in lists and reports.'),
    about: z
      .string('a text')
      .max(2_000, 'a text of at most 2000 characters')
      .default('')
      .describe('What it shows, for the people who read its report.'),
    exercise: choice(['kv'], 'Which kind of server it plays against.'),
    nodes: wholeNumber(1, MAX_NODES, 'Nodes that are started; a target of URLs has as many as there are URLs.').default(3),
    keys: wholeNumber(1, 1_000_000, 'Keys. Each request takes one at random.').default(1_000),
    valueBytes: z
      .union(
        [valueBytes, block({ min: valueBytes, max: valueBytes }, 'Sizes drawn evenly from `min` to `max`, both included.')],
        `a whole number of bytes from 0 to ${MAX_VALUE_BYTES}, or a block of fields \`min\` and \`max\``,
      )
      .describe(
        `Size of a value, 0 to ${MAX_VALUE_BYTES} bytes: one number, or \`min\` and \`max\`. Values below the 24 bytes that say which write they are of are raised to 24.`,
      )
      .default(100),
    mix: mix.prefault({}),
    arrival,
    phases: phasesSchema,
    faults: z
      .array(fault, 'a list of faults')
      .max(MAX_FAULTS, `a list of at most ${MAX_FAULTS} faults`)
      .default([])
      .describe('What happens to nodes, by the time since the start of the schedule. Only for nodes that Assay started.'),
    tryMs: wholeNumber(10, 60_000, 'How long a client waits for one node before it tries the next, in milliseconds.').default(1_000),
    giveUpMs: wholeNumber(
      10,
      600_000,
      'How long a client tries in all; a request with no answer by then has failed, in milliseconds.',
    ).default(5_000),
    slaMs: decimal(0.001, HOUR_MS, 'The service level: answers later than this many milliseconds after they were due are late.').default(
      1_000,
    ),
    thresholds: block(
      {
        requestP99Ms: decimal(
          0.001,
          HOUR_MS,
          'At most this many milliseconds: p99 from due to answered, over all nodes. Default: `slaMs`.',
        ).optional(),
        failed: atMost('Requests without an answer within `giveUpMs`, or refused.').default(0),
        wrong: atMost('Reads of a value that nobody had written to that key.').default(0),
        diverged: atMost('Keys on which the nodes still differ at the end of the drain.').default(0),
        superseded: atMost('Keys whose last value is one that a later acknowledged write had replaced.').default(0),
        minRequests: wholeNumber(0, MOST, 'The least number of answered requests, so that a run that did nothing cannot pass.').optional(),
        rssBytesMax: wholeNumber(1, MOST, 'The most memory (resident set) of all nodes together, in bytes.').optional(),
      },
      'What the run must meet to pass. Times are in milliseconds; counts are the most that is allowed.',
    ).prefault({}),
  },
  'A scenario for key-value stores: what is asked for, how fast, what happens to nodes meanwhile, and what the store must meet.',
).transform(fields => ({
  ...fields,
  thresholds: { ...fields.thresholds, requestP99Ms: fields.thresholds.requestP99Ms ?? fields.slaMs },
}))

/** A scenario for key-value stores with its defaults filled in. */
export type KvScenario = z.output<typeof kvScenarioSchema>
export type KvFault = KvScenario['faults'][number]

function nodeNumber() {
  return wholeNumber(1, MAX_NODES, 'Which node, counted from 1.')
}

function when() {
  return decimal(0, DAY_SECONDS, 'When, in seconds after the start of the schedule.')
}

function howLong() {
  return decimal(0.1, DAY_SECONDS, 'How long it stays so, in seconds.')
}

function atMost(about: string) {
  return wholeNumber(0, MOST, `At most this many: ${about}`)
}
