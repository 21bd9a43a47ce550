/** The phases of a scenario's schedule: what is due when, and which of it is held to the thresholds. */
import { z } from 'zod'
import { block, decimal, flag, label, oneOfBlocks } from './scenario-fields.ts'

const MAX_PHASES = 64
const DEFAULT_SETTLE_SECONDS = 5
export const DEFAULT_DRAIN_SECONDS = 30

const name = label('How reports and `--set phases.<name>.seconds=…` call this phase; unique in the scenario.')
const seconds = decimal(0.1, 86_400, 'How long the phase lasts, in seconds.')
const load = factor('Load in this phase, as a factor of the arrival rate: 1 is the rate itself, 3 three times as much, 0 silence.')
const overload = flag(
  'True where the load is above what the server promises to carry: sends then carry an `id`, and the server may answer `shed` instead of delivering.',
).default(false)

/** Phases whose load stays the same from their start to their end. */
const warmUp = block(
  { name, kind: z.literal('warm-up'), seconds, load: load.default(1) },
  'Traffic that is sent and checked for losses but left out of the latencies, while caches, compilers and connections warm up.',
)
const hold = block({ name, kind: z.literal('hold'), seconds, load: load.default(1), overload }, 'A steady load, measured.')
const spike = block(
  { name, kind: z.literal('spike'), seconds, load: load.default(1), overload },
  'A load that comes at once and goes at once, measured.',
)
const ramp = block(
  {
    name,
    kind: z.literal('ramp'),
    seconds,
    from: factor('Load at the start of the ramp, as a factor of the arrival rate.'),
    to: factor('Load at the end of the ramp, as a factor of the arrival rate.'),
    overload,
  },
  'A load that grows or falls evenly from `from` to `to`, measured.',
)
const recovery = block(
  {
    name,
    kind: z.literal('recovery'),
    seconds,
    load: load.default(1),
    settleSeconds: decimal(0, 3_600, 'The first seconds of the phase, in which latency is not yet held to the SLA.').default(
      DEFAULT_SETTLE_SECONDS,
    ),
  },
  'The load after an overload has fallen back. Held to the thresholds from `settleSeconds` on; until then a send may still be shed.',
)
const drain = block(
  {
    name: name.default('drain'),
    kind: z.literal('drain'),
    seconds: decimal(
      0.1,
      600,
      'The longest that the run waits, in seconds: for everything to arrive and become quiet, and as long again for the fresh messages at the end ' +
        '(less than 30 counts as 30); with a key-value store, for all nodes to agree.',
    ).default(DEFAULT_DRAIN_SECONDS),
  },
  'Nothing new is sent; what is under way arrives. The last phase of every scenario, added when it is not written.',
)

export const phasesSchema = z
  .array(oneOfBlocks('kind', [warmUp, ramp, hold, spike, recovery, drain], 'One phase; its `kind` decides its fields.'), 'a list of phases')
  .min(1, 'a list of at least one phase')
  .max(MAX_PHASES, `a list of at most ${MAX_PHASES} phases`)
  .describe('The schedule, phase after phase. Warm-up and drain are not measured.')

function factor(about: string) {
  return decimal(0, 100, about)
}
