/** Input that breaks the protocol in ways that honest mistakes and idle curiosity do. */
import { Buffer } from 'node:buffer'
import { freshMask } from '../wire/chat-socket.ts'
import { encodeClientFrame, OPCODE } from '../wire/websocket-frames.ts'

export interface MalformedInput {
  readonly name: string
  readonly bytes: Buffer
  /** The same kind, short enough to be sent many times. */
  readonly again: Buffer
  /** On connections that send nothing else: where a frame is broken, the next one is not found, and what nests ends threads most often. */
  readonly isAlone: boolean
}

const DEPTH = 100_000
/** Still deeper than a thread's stack lets a parser go that calls itself. */
const DEPTH_AGAIN = 20_000

export function malformedInputs(transport: 'ws' | 'tcp'): MalformedInput[] {
  const encode = (payload: Buffer): Buffer =>
    transport === 'ws' ? encodeClientFrame(OPCODE.text, payload, freshMask()) : Buffer.concat([payload, Buffer.from('\n')])
  const texts = TEXTS.map(([name, text]) => same(name, encode(Buffer.from(text))))
  const nested = NESTED.map(([name, textOf]) => {
    const encoded = (depth: number): Buffer => encode(Buffer.from(textOf(depth)))
    return { name, bytes: encoded(DEPTH), again: encoded(DEPTH_AGAIN), isAlone: true }
  })
  const bytes = INVALID_BYTES.map(([name, raw]) => same(name, encode(raw)))
  const inOneLine = [...texts, ...bytes, ...(transport === 'tcp' ? [same('NUL bytes', Buffer.from('\0\0\0\n'))] : [])]
  return [...inOneLine, ...nested, ...(transport === 'ws' ? frames().map(input => ({ ...input, isAlone: true })) : [])]
}

function same(name: string, bytes: Buffer): MalformedInput {
  return { name, bytes, again: bytes, isAlone: false }
}

const TEXTS: readonly (readonly [string, string])[] = [
  ['an open brace', '{'],
  ['no JSON at all', 'GET / HTTP/1.1'],
  ['a cut-off object', '{"type":"join","id":1,"channels":["a"'],
  ['a trailing comma', '{"type":"join","id":1,"channels":["a",]}'],
  ['two objects', '{"type":"x"}{"type":"y"}'],
  ['an array', '[]'],
  ['nested arrays', '[[[]]]'],
  ['a number', '123'],
  ['a text', '"join"'],
  ['null', 'null'],
  ['true', 'true'],
  ['a type that is a number', '{"type":5}'],
  ['a type that is an object', '{"type":{"type":"join"}}'],
  ['an id that is a text', '{"type":"join","id":"one","channels":["a"]}'],
  ['an id that is negative', '{"type":"join","id":-1,"channels":["a"]}'],
  ['an id that is a fraction', '{"type":"join","id":1.5,"channels":["a"]}'],
  ['an id beyond 64 bits', '{"type":"join","id":99999999999999999999999999,"channels":["a"]}'],
  ['an id beyond floating point', '{"type":"join","id":1e999,"channels":["a"]}'],
  ['a number of 5,000 digits', `{"type":"join","id":${'9'.repeat(5000)},"channels":["a"]}`],
  ['channels that are a text', '{"type":"join","id":1,"channels":"red"}'],
  ['channels that are null', '{"type":"join","id":1,"channels":null}'],
  ['channels of wrong types', '{"type":"join","id":1,"channels":[1,null,{},[],true]}'],
  ['no channels', '{"type":"join","id":1,"channels":[]}'],
  ['a channel that is an object', '{"type":"send","channel":{},"body":"x"}'],
  ['a body that is an array', '{"type":"send","channel":"red","body":[]}'],
  ['a body that is null', '{"type":"send","channel":"red","body":null}'],
  ['a user name that is a number', '{"type":"hello","id":1,"username":7}'],
  ['an unknown type', '{"type":"leave","id":1,"channels":["a"]}'],
  ['the same field twice', '{"type":"send","type":"join","id":1,"id":2,"channels":["a"],"channels":["b"]}'],
  ['a broken escape', '{"type":"send","channel":"red","body":"\\u12"}'],
  ['an unknown escape', '{"type":"send","channel":"red","body":"\\x41"}'],
  ['a raw control character', '{"type":"send","channel":"red","body":"\u0001"}'],
  ['a long name', `{"type":"join","id":1,"channels":["${'n'.repeat(100_000)}"]}`],
  ['a prototype', '{"__proto__":{"type":"join"},"constructor":1}'],
]

const NESTED: readonly (readonly [string, (depth: number) => string])[] = [
  ['deeply nested arrays', depth => '['.repeat(depth)],
  ['deeply nested objects', depth => '{"a":'.repeat(depth)],
  ['a join with deeply nested channels', depth => `{"type":"join","id":1,"channels":${'['.repeat(depth)}${']'.repeat(depth)}}`],
]

const INVALID_BYTES: readonly (readonly [string, Buffer])[] = [
  [
    'invalid UTF-8',
    Buffer.concat([Buffer.from('{"type":"send","channel":"red","body":"'), Buffer.from([0xff, 0xfe, 0xc0]), Buffer.from('"}')]),
  ],
  ['overlong UTF-8', Buffer.concat([Buffer.from('{"type":"send","channel":"red","body":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')])],
  [
    'a cut-off character',
    Buffer.concat([Buffer.from('{"type":"send","channel":"red","body":"'), Buffer.from([0xe6, 0xbc]), Buffer.from('"}')]),
  ],
  ['noise', Buffer.from(Array.from({ length: 512 }, (_, place) => (place * 167 + 13) & 0xff).filter(byte => byte !== 0x0a))],
]

function frames(): MalformedInput[] {
  const text = Buffer.from('{"type":"join","id":1,"channels":["a"]}')
  const altered = (change: (frame: Buffer) => void, opcode: number = OPCODE.text, payload = text): Buffer => {
    const frame = encodeClientFrame(opcode, payload, freshMask())
    change(frame)
    return frame
  }
  const keep = (): void => undefined
  return [
    same(
      'a frame with reserved bits',
      altered(frame => (frame[0] = (frame[0] ?? 0) | 0x70)),
    ),
    same('an unknown opcode', altered(keep, 3)),
    same('an unmasked frame', Buffer.concat([Buffer.from([0x81, text.length]), text])),
    same(
      'a badly masked frame',
      altered(frame => (frame[3] = (frame[3] ?? 0) ^ 0x5a)),
    ),
    same('a binary frame', altered(keep, OPCODE.binary)),
    same('a continuation of nothing', altered(keep, OPCODE.continuation)),
    same('a text frame inside a fragmented message', Buffer.concat([altered(frame => (frame[0] = OPCODE.text)), altered(keep)])),
    same(
      'a fragmented ping',
      altered(frame => (frame[0] = OPCODE.ping), OPCODE.ping, Buffer.from('x')),
    ),
    same('a ping of 200 bytes', altered(keep, OPCODE.ping, Buffer.alloc(200, 0x61))),
    same('a close of one byte', altered(keep, OPCODE.close, Buffer.from([3]))),
    same('a close with a wrong code', altered(keep, OPCODE.close, Buffer.from([0, 5]))),
    same('a frame of negative length', Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4])),
  ]
}
