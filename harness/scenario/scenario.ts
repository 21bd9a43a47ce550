/**
 * What a scenario file may say. One schema checks the file, supplies its defaults, and is published as docs/scenario.schema.json so that
 * editors complete it. Rules that concern several fields at once are in scenario-rules.ts.
 */
import { z } from 'zod'
import { block, choice, decimal, label, oneOfBlocks, flag, wholeNumber } from './scenario-fields.ts'
import { phasesSchema } from './scenario-phases.ts'
import { thresholdsSchema } from './scenario-thresholds.ts'

/** The name of the readers who belong to no cohort; no cohort may take it. */
export const FULL_SPEED = 'full speed'
const MAX_BODY_BYTES = 16_384

const MAX_COHORTS = 16
const DAY_MS = 86_400_000
const DAY_SECONDS = 86_400
const MAX_CHANNELS = 100_000

const channelsPerUser = wholeNumber(1, MAX_CHANNELS, 'How many channels each user is in; at most `channels`.')

const membership = oneOfBlocks(
  'kind',
  [
    block({ kind: z.literal('all') }, 'Every user is in every channel.'),
    block(
      { kind: z.literal('fixed'), channelsPerUser },
      'Every user is in the same number of channels, and all channels are equally large (±1).',
    ),
    block(
      {
        kind: z.literal('zipf'),
        channelsPerUser,
        exponent: decimal(
          0,
          4,
          'How much more popular the first channels are: channel n has a size in proportion to 1 / n^exponent.',
        ).default(1),
      },
      'Every user is in the same number of channels; a few channels are popular and most are small.',
    ),
  ],
  'Who is in which channel.',
)

const arrival = oneOfBlocks(
  'model',
  [
    block(
      {
        model: z.literal('open'),
        process: choice(['constant', 'poisson'], 'Evenly spaced, or with the random gaps of independent users (Poisson).').default(
          'constant',
        ),
        ratePerSecond: decimal(0.001, 1_000_000, 'Messages a second, by all users together, at load 1.'),
      },
      'Messages are due by the clock, whatever the server does: a slow server never slows the load, and latency runs from the due time.',
    ),
    block(
      {
        model: z.literal('closed'),
        thinkTimeMs: wholeNumber(
          1,
          DAY_MS,
          'How long a user waits between reading its own copy of a message and sending the next, in milliseconds.',
        ),
        outstandingPerUser: wholeNumber(1, 1_000, 'How many messages of one user may be under way at once.').default(1),
      },
      'Each user sends, waits for its own copy, thinks, and sends again: a slow server slows the load.',
    ),
  ],
  'How messages come about.',
)

const bodyBytes = wholeNumber(0, MAX_BODY_BYTES, 'UTF-8 bytes.')
const body = block(
  {
    bytes: z
      .union(
        [bodyBytes, block({ min: bodyBytes, max: bodyBytes }, 'Sizes drawn evenly from `min` to `max`, both included.')],
        `a whole number of bytes from 0 to ${MAX_BODY_BYTES}, or a block of fields \`min\` and \`max\``,
      )
      .describe(
        `Size of a body in UTF-8 bytes, 0 to ${MAX_BODY_BYTES}: one number, or \`min\` and \`max\`. Bodies below the 25 bytes that say who sent what and when it was due are raised to 25.`,
      )
      .default(100),
    text: choice(['ascii', 'unicode'], 'What bodies are filled with: plain ASCII, or text of many scripts and emoji.').default('ascii'),
  },
  'What a message carries.',
)

const join = block(
  {
    perSecond: decimal(0, 100_000, 'Users who connect and join a second; 0: as fast as the server lets them in.').default(0),
    afterStart: flag(
      'True: users connect and join while messages are being sent already (needs `perSecond`). False: all have joined before the first.',
    ).default(false),
  },
  'How users arrive.',
)

const cohortName = label(`How reports and \`--set cohorts.<name>.share=…\` call these readers; not \`${FULL_SPEED}\`.`)
const share = decimal(0, 1, 'Share of all users.')
const fromSeconds = decimal(
  0,
  DAY_SECONDS,
  'When they become slow, in seconds after the start of the schedule; until then they read at full speed.',
).default(0)

const cohort = oneOfBlocks(
  'reading',
  [
    block(
      {
        name: cohortName,
        share,
        reading: z.literal('throttled'),
        bytesPerSecond: wholeNumber(1, 1_000_000_000, 'How much each of them reads, in bytes a second.'),
        fromSeconds,
      },
      'Readers on a slow line: they read all the time, but only so many bytes a second.',
    ),
    block(
      {
        name: cohortName,
        share,
        reading: z.literal('pausing'),
        pauseMs: wholeNumber(1, DAY_MS, 'How long each pause lasts, in milliseconds; less than `everyMs`.'),
        everyMs: wholeNumber(2, DAY_MS, 'From the start of one pause to the start of the next, in milliseconds.'),
        fromSeconds,
      },
      'Readers who stop reading now and then, and catch up.',
    ),
    block(
      { name: cohortName, share, reading: z.literal('stopped'), fromSeconds },
      'Readers who stop reading for good; a server may disconnect them.',
    ),
  ],
  'Some of the readers, slower than the rest.',
)

const churn = oneOfBlocks(
  'kind',
  [
    block(
      {
        kind: z.literal('come-and-go'),
        share,
        stayMs: wholeNumber(1_000, DAY_MS, 'How long each of them stays connected, in milliseconds.'),
        awayMs: wholeNumber(10, DAY_MS, 'How long each of them stays away, in milliseconds.'),
      },
      'A share of the users leave and come back, again and again, each at its own moments.',
    ),
    block(
      {
        kind: z.literal('reconnect-storm'),
        share,
        atSeconds: z
          .array(decimal(0.001, DAY_SECONDS, 'Seconds after the start of the schedule.'), 'a list of seconds')
          .min(1, 'a list of at least one second')
          .max(1_000, 'a list of at most 1000 seconds')
          .describe('When they all lose their connections at once, in seconds after the start of the schedule, ascending.'),
        withinMs: wholeNumber(1, DAY_MS, 'They come back spread evenly at random over this many milliseconds.'),
      },
      'A share of the users lose their connections at one moment and all reconnect.',
    ),
  ],
  'Users who do not stay. Their own messages are planned only while they are connected.',
)

const fieldsSchema = block(
  {
    name: label('What the scenario is called, in lists and reports.'),
    about: z
      .string('a text')
      .max(2_000, 'a text of at most 2000 characters')
      .default('')
      .describe('What it shows, for the people who read its report.'),
    exercise: choice(['chat'], 'Which kind of server it plays against.').default('chat'),
    users: wholeNumber(1, 100_000, 'Users, each with a connection of its own.'),
    channels: wholeNumber(1, MAX_CHANNELS, 'Channels, named c0, c1, and so on.'),
    membership,
    arrival,
    senders: decimal(0, 1, 'Share of the users that send; at least one does. Slow readers only send where everyone is one.').default(1),
    body: body.prefault({}),
    join: join.prefault({}),
    phases: phasesSchema,
    cohorts: z
      .array(cohort, 'a list of cohorts')
      .max(MAX_COHORTS, `a list of at most ${MAX_COHORTS} cohorts`)
      .default([])
      .describe(`Readers who are slower than the rest. Whoever is in none of them reads at full speed (cohort \`${FULL_SPEED}\`).`),
    churn: churn.optional(),
    slaMs: decimal(0.001, 3_600_000, 'The service level: completions later than this many milliseconds are late.').default(1_000),
    thresholds: thresholdsSchema.prefault({}),
  },
  'A scenario: who is connected, what they send, how they read, and what the server must meet.',
)

/** Checks one scenario field by field and fills in what was left out. Idempotent: a scenario that it returned parses to itself. */
export const scenarioSchema = fieldsSchema.transform(fields => ({
  ...fields,
  thresholds: { ...fields.thresholds, completionP99Ms: fields.thresholds.completionP99Ms ?? fields.slaMs },
}))

/** A scenario with its defaults filled in, as every room but this one sees it. */
export type Scenario = z.output<typeof scenarioSchema>
export type Membership = Scenario['membership']
export type Churn = NonNullable<Scenario['churn']>
