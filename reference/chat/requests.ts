/** What a client may ask for, and what may come instead. */
export type Request =
  | { readonly type: 'join'; readonly id: number; readonly channels: readonly string[] }
  | { readonly type: 'send'; readonly id: number | undefined; readonly channel: string; readonly body: string }
  | { readonly type: 'hello'; readonly id: number; readonly username: string }
  /** A type from a later version of the protocol. */
  | { readonly type: 'unknown' }
  | { readonly type: 'invalid'; readonly id: number | undefined; readonly problem: string }

export interface RequestLimits {
  /** Longest channel or user name, in UTF-8 bytes. */
  readonly maxNameBytes: number
  /** Longest message body, in UTF-8 bytes after decoding. */
  readonly maxBodyBytes: number
  /** Most channels that one join may name. */
  readonly maxChannelsPerJoin: number
}

const MOST_BYTES_PER_UNIT = 3

/** Reads one request from the text of a message or line. Never throws; fields that it does not know are ignored. */
export function parseRequest(text: string, limits: RequestLimits): Request {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return invalid(undefined, 'Expected one JSON object, got text that is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return invalid(undefined, `Expected one JSON object, got ${nameOf(value)}`)
  const fields = value as Readonly<Record<string, unknown>>
  if (fields.id !== undefined && !isId(fields.id))
    return invalid(undefined, `Expected "id" to be a whole number from 0 to 2^53-1, got ${nameOf(fields.id)}`)
  switch (fields.type) {
    case 'send':
      return parseSend(fields, fields.id, limits)
    case 'join':
      return parseJoin(fields, fields.id, limits)
    case 'hello':
      return parseHello(fields, fields.id, limits)
    default:
      if (typeof fields.type === 'string') return { type: 'unknown' }
      return invalid(fields.id, `Expected "type" to be a string, got ${nameOf(fields.type)}`)
  }
}

type Fields = Readonly<Record<string, unknown>>

function parseSend(fields: Fields, id: number | undefined, limits: RequestLimits): Request {
  const { channel, body } = fields
  if (!isName(channel, limits)) return invalid(id, expectedName('channel', channel, limits))
  if (typeof body !== 'string') return invalid(id, `Expected "body" to be a string, got ${nameOf(body)}`)
  if (!fitsBytes(body, limits.maxBodyBytes))
    return invalid(id, `Expected "body" to have at most ${limits.maxBodyBytes} bytes, got ${Buffer.byteLength(body)}`)
  return { type: 'send', id, channel, body }
}

function parseJoin(fields: Fields, id: number | undefined, limits: RequestLimits): Request {
  const { channels } = fields
  if (id === undefined) return invalid(id, 'Expected "id" to be a whole number, got nothing: a join is acknowledged by its id')
  if (!Array.isArray(channels)) return invalid(id, `Expected "channels" to be an array of names, got ${nameOf(channels)}`)
  if (channels.length > limits.maxChannelsPerJoin)
    return invalid(id, `Expected at most ${limits.maxChannelsPerJoin} channels in a join, got ${channels.length}`)
  const names: string[] = []
  for (const name of channels as readonly unknown[]) {
    if (!isName(name, limits)) return invalid(id, expectedName('channels', name, limits))
    names.push(name)
  }
  return { type: 'join', id, channels: names }
}

function parseHello(fields: Fields, id: number | undefined, limits: RequestLimits): Request {
  const { username } = fields
  if (id === undefined) return invalid(id, 'Expected "id" to be a whole number, got nothing: a hello is acknowledged by its id')
  if (!isName(username, limits)) return invalid(id, expectedName('username', username, limits))
  return { type: 'hello', id, username }
}

function invalid(id: number | undefined, problem: string): Request {
  return { type: 'invalid', id, problem }
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isName(value: unknown, limits: RequestLimits): value is string {
  return typeof value === 'string' && value.length > 0 && fitsBytes(value, limits.maxNameBytes)
}

/** Counts bytes only where the number of units leaves it open. */
function fitsBytes(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return false
  return text.length * MOST_BYTES_PER_UNIT <= maxBytes || Buffer.byteLength(text) <= maxBytes
}

function expectedName(field: string, value: unknown, limits: RequestLimits): string {
  const got = typeof value === 'string' ? `${Buffer.byteLength(value)} bytes` : nameOf(value)
  return `Expected "${field}" to be a name of 1 to ${limits.maxNameBytes} bytes, got ${got}`
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'nothing'
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`
}
