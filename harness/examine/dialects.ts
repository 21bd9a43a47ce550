/**
 * Other ways to write a request that the contract allows as well: any id up to 2^53 − 1, an object's fields in any order, spaces, escapes,
 * fields and types that nobody knows, and messages up to 1 MiB. Other clients than ours write so.
 */
import { Buffer } from 'node:buffer'
import { escapeAll, type RequestFields, type Writing } from './actor.ts'

export interface Dialect {
  /** Completes "a join with …". */
  readonly name: string
  readonly writing: Writing
  /** Of its join; default the connection's next one. */
  readonly joinId?: number
  /** Completes the names of the channels that it joins. */
  readonly suffix?: string
  /** How many channels it joins, with names of 64 bytes; default one. */
  readonly channels?: number
  /** A message that comes before each of its requests, so often. */
  readonly before?: string
  readonly times?: number
}

/** Nearly 1 MiB, which every server must take: neither a line end nor a frame's header makes it more. */
const LONG_BYTES = 1024 * 1024 - 1024
const IDS = [0, 2 ** 31, 2 ** 32 + 7, Number.MAX_SAFE_INTEGER]

const UNKNOWN = '{"type":"no-such-request","channel":"nowhere","text":"to be ignored"}'

export const DIALECTS: readonly Dialect[] = [
  ...IDS.map(id => ({ name: `the id ${id}`, writing: JSON.stringify, joinId: id })),
  ...IDS.map(id => ({ name: `the optional id ${id}`, writing: withSendId(id) })),
  { name: 'an optional id that another connection uses as well', writing: withSendId(0) },
  { name: 'its fields in another order', writing: fields => JSON.stringify(Object.fromEntries(Object.entries(fields).reverse())) },
  { name: 'spaces and tabs between its parts', writing: spaced },
  {
    name: 'further fields that the server does not know',
    writing: fields => JSON.stringify({ ...FIRST_FIELDS, ...fields, ...LAST_FIELDS }),
  },
  { name: 'spaces and tabs around it', writing: fields => ` \t${JSON.stringify(fields)}\t ` },
  { name: 'a message of an unknown type before it', writing: JSON.stringify, before: UNKNOWN },
  { name: '40 messages of an unknown type before it', writing: JSON.stringify, before: UNKNOWN, times: 40 },
  { name: 'slashes as escapes', writing: fields => JSON.stringify(fields).replaceAll('/', '\\/'), suffix: ' a/b//' },
  { name: 'each character of its texts as an escape', writing: escaped, suffix: ' é漢😀"\\/' },
  { name: '1,000 names of 64 bytes, each character as an escape', writing: escaped, channels: 1000 },
  { name: 'a length of nearly 1 MiB, most of it in a field that the server does not know', writing: padded },
]

/** None is a field of the contract in whatever letters; the texts in them look like parts of a request and are none. */
const FIRST_FIELDS = { 'x-first': null, 'x-object': { type: 'no-such-request', id: -1, body: 'not me', list: [{}, [], [[1]]] } }
const LAST_FIELDS = { 'x-text': '"},{"type":"no-such-request","body":"nor me', 'x-number': -1.5e-7, 'x-list': [true, false, 'channel'] }

function withSendId(id: number): Writing {
  return ({ type, ...others }) => JSON.stringify(type === 'send' ? { type, id, ...others } : { type, ...others })
}

function spaced(fields: RequestFields): string {
  return object(fields, ' \t', value =>
    typeof value === 'object' ? `[ ${value.map(one => JSON.stringify(one)).join(' ,\t')} ]` : JSON.stringify(value),
  )
}

function escaped(fields: RequestFields): string {
  const text = (value: string): string => escapeAll(value).toUpperCase().replaceAll('\\U', '\\u')
  return object(fields, '', value => {
    if (typeof value === 'number') return JSON.stringify(value)
    return typeof value === 'string' ? text(value) : `[${value.map(text).join(',')}]`
  })
}

function object(fields: RequestFields, gap: string, write: (value: RequestFields[string]) => string): string {
  const parts = Object.entries(fields).map(([name, value]) => {
    // The type stays readable in what is shown of a line.
    const text = name === 'type' ? JSON.stringify(value) : write(value)
    return `${gap}${JSON.stringify(name)}${gap}:${gap}${text}${gap}`
  })
  return `{${parts.join(',')}}`
}

function padded({ type, ...others }: RequestFields): string {
  const write = (padding: string): string => JSON.stringify({ type, 'x-padding': padding, ...others })
  return write('x'.repeat(LONG_BYTES - Buffer.byteLength(write(''))))
}
