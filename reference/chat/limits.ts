export interface LimitDescription {
  readonly default: number
  readonly min: number
  readonly max: number
  readonly unit: string
  /** Why there is such a limit, and why this default. */
  readonly reason: string
}

/** Every limit of the server. The command line options, their help and the table in `--limits` all come from here. */
export const LIMITS = {
  maxMessageBytes: {
    default: 1_048_576,
    min: 1024,
    max: 67_108_864,
    unit: 'bytes',
    reason: 'longest message or line from a client; the protocol asks for 1 MiB, and more would let one client fill the memory',
  },
  maxBodyBytes: {
    default: 16_384,
    min: 1,
    max: 1_048_576,
    unit: 'bytes',
    reason: 'longest body; it is multiplied by the number of members',
  },
  maxNameBytes: { default: 64, min: 1, max: 1024, unit: 'bytes', reason: 'longest channel or user name, as the protocol has it' },
  maxChannelsPerJoin: {
    default: 4096,
    min: 1,
    max: 100_000,
    unit: 'channels',
    reason: 'most channels in one join, so that one request cannot hold up the loop',
  },
  maxChannelsPerConnection: {
    default: 131_072,
    min: 1,
    max: 10_000_000,
    unit: 'channels',
    reason: 'most channels of one connection; a disconnect costs as much as the connection had channels',
  },
  maxChannels: {
    default: 2_000_000,
    min: 1,
    max: 100_000_000,
    unit: 'channels',
    reason: 'most channels at a time; each takes about 400 bytes',
  },
  maxConnections: {
    default: 0,
    min: 0,
    max: 1_000_000,
    unit: 'connections',
    reason: 'most clients at a time; 0 derives it from the descriptor limit, less a reserve for files and for refusing politely',
  },
  maxOutboxBytes: {
    default: 4_194_304,
    min: 65_536,
    max: 1_073_741_824,
    unit: 'bytes',
    reason: 'most that waits for one slow reader beyond kernel buffers; half a second of a reader that gets 8 MB/s',
  },
  maxOutboxMessages: {
    default: 65_536,
    min: 16,
    max: 10_000_000,
    unit: 'messages',
    reason: 'the same in messages, as small ones cost more memory than their bytes',
  },
  outboxRetryMs: {
    default: 500,
    min: 10,
    max: 60_000,
    unit: 'ms',
    reason: 'first wait before looking whether a stalled reader moved; doubles each time',
  },
  maxOutboxRetries: {
    default: 5,
    min: 0,
    max: 20,
    unit: 'looks',
    reason: 'looks without progress before a reader is given up: 0.5+1+2+4+8 s and one more',
  },
  closeGraceMs: {
    default: 2000,
    min: 0,
    max: 60_000,
    unit: 'ms',
    reason: 'how long a closed connection may take to answer before it is cut',
  },
  pingIntervalMs: {
    default: 30_000,
    min: 100,
    max: 3_600_000,
    unit: 'ms',
    reason: 'how often silent clients are pinged; one that is silent for a whole interval after that is dead',
  },
  pingAfterBytes: {
    default: 1_048_576,
    min: 65_536,
    max: 1_073_741_824,
    unit: 'bytes',
    reason: 'a WebSocket reader that was sent this much is pinged: kernel buffers can hide a stopped one for 16 MB and more',
  },
  pongMs: {
    default: 15_000,
    min: 100,
    max: 600_000,
    unit: 'ms',
    reason: 'how long the answer to that may take; a reader that pauses for seconds is not a stopped one',
  },
  handshakeMs: {
    default: 10_000,
    min: 100,
    max: 600_000,
    unit: 'ms',
    reason: 'how long a client may take over its HTTP request before it is cut',
  },
  maxTurnLength: {
    default: 262_144,
    min: 1024,
    max: 67_108_864,
    unit: 'characters',
    reason: 'a flush comes at once when a turn collected this much',
  },
  busyWaitMs: {
    default: 20,
    min: 0,
    max: 1000,
    unit: 'ms',
    reason: 'longest wait for others to share a write while the server is busy; none at low load',
  },
  overloadWaitMs: {
    default: 50,
    min: 1,
    max: 5000,
    unit: 'ms',
    reason: 'the same while overloaded; twenty writes a second and connection at most',
  },
  maxLoopDelayMs: {
    default: 250,
    min: 10,
    max: 60_000,
    unit: 'ms',
    reason: 'processor: the longest the loop may be busy at a stretch, in its own processor time; a quarter of the 1 s promised',
  },
  maxMemoryBytes: {
    default: 805_306_368,
    min: 67_108_864,
    max: 1_099_511_627_776,
    unit: 'bytes',
    reason: 'memory: JavaScript heap and buffers; well below what V8 gives up at',
  },
  maxQueuedBytes: {
    default: 2_147_483_648,
    min: 1_048_576,
    max: 1_099_511_627_776,
    unit: 'bytes',
    reason: 'bytes due to all slow readers together; most of them share their buffers, so this may exceed memory',
  },
  maxOutgoingBytesPerSecond: {
    default: 3_125_000_000,
    min: 1000,
    max: 1_000_000_000_000,
    unit: 'bytes/s',
    reason: 'outgoing bandwidth, a 25 Gbit/s link; set it to nine tenths of your own',
  },
  maxSendsPerSecond: {
    default: 1000,
    min: 1,
    max: 10_000_000,
    unit: 'messages/s',
    reason: "one user's rate, far above what a person types; it keeps one client from taking the whole server",
  },
  maxSendBurst: {
    default: 10_000,
    min: 1,
    max: 10_000_000,
    unit: 'messages',
    reason: 'what one user may send at once beyond that rate; 256 KiB of pipelined requests hold fewer than 8,000',
  },
  protectedDeliveriesPerSecond: {
    default: 60_000,
    min: 0,
    max: 1_000_000_000,
    unit: 'deliveries/s',
    reason: 'no send is shed for load while fewer deliveries than this are asked for: a slow moment is not an overload',
  },
} as const satisfies Record<string, LimitDescription>

export type LimitName = keyof typeof LIMITS
export type Limits = { readonly [Name in LimitName]: number }

export const LIMIT_NAMES = Object.keys(LIMITS) as readonly LimitName[]

/** All limits: the given ones, and the defaults for the rest. Throws a RangeError for a value outside its range. */
export function limitsWith(given: Partial<Limits> = {}): Limits {
  const entries = LIMIT_NAMES.map(name => [name, checked(name, given[name] ?? LIMITS[name].default)] as const)
  return Object.fromEntries(entries) as unknown as Limits
}

/** A limit's command line flag: `maxBodyBytes` is `--max-body-bytes`. */
export function flagOf(name: LimitName): string {
  return `--${name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
}

/** All limits as a Markdown table, for the documentation. */
export function limitsAsMarkdown(): string {
  const rows = LIMIT_NAMES.map(name => `| \`${flagOf(name)}\` | ${LIMITS[name].default} | ${LIMITS[name].unit} | ${LIMITS[name].reason} |`)
  return ['| option | default | unit | reason |', '| --- | ---: | --- | --- |', ...rows].join('\n')
}

function checked(name: LimitName, value: number): number {
  const { min, max, unit } = LIMITS[name]
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new RangeError(
    `Expected ${flagOf(name)} to be a whole number of ${unit} from ${min} to ${max}, got ${value}. Correct the option and start again.`,
  )
}
