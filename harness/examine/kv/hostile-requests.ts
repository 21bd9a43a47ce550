/** Requests that nobody should send, and what has to come of them. */
import type { RawPieces } from './raw-request.ts'

export interface HostileRequest {
  /** For people: "a body of 1 MiB and one byte". */
  readonly name: string
  /**
   * `refused`: a 4xx, 501, 505, a close or a reset, in time; and nothing is stored under its key. `survived`: whatever it is answered, the server lives. A request that breaks off is
   * one of these: who sends half of it cannot expect an answer.
   */
  readonly expects: 'refused' | 'survived'
  pieces(key: string): RawPieces
}

const MIB = 1024 * 1024
const CHUNK_BYTES = 64 * 1024
const HOST = 'Host: node'
const END = '\r\n\r\n'

export const HOSTILE_REQUESTS: readonly HostileRequest[] = [
  ...['PATCH', 'POST', 'BREW'].map(method =>
    refused(`the method ${method}`, key => request(`${method} /kv/${key}`, 'Content-Length: 1', 'x')),
  ),
  refused('a path outside the contract', () => request('GET /nothing-here')),
  refused('an empty key', () => request('PUT /kv/', 'Content-Length: 1', 'x')),
  refused('a key of 257 bytes', key => request(`PUT /kv/${key.padEnd(257, 'k')}`, 'Content-Length: 1', 'x')),
  refused('a key of 258 bytes in 129 characters', key =>
    request(`PUT /kv/${key.padEnd(20, 'k')}${'%C3%A9'.repeat(119)}`, 'Content-Length: 1', 'x'),
  ),
  refused('a key of 64 KiB', key => request(`PUT /kv/${key.padEnd(65_536, 'k')}`, 'Content-Length: 1', 'x')),
  refused('a key of 4 MiB', function* (key) {
    yield `PUT /kv/${key}`
    for (let at = 0; at < 64; at++) yield 'k'.repeat(CHUNK_BYTES)
    yield ` HTTP/1.1\r\n${HOST}\r\nContent-Length: 1${END}x`
  }),
  refused('a body of 1 MiB and one byte', function* (key) {
    yield `PUT /kv/${key} HTTP/1.1\r\n${HOST}\r\nContent-Length: ${MIB + 1}${END}`
    for (let at = 0; at < 16; at++) yield Buffer.alloc(CHUNK_BYTES, 'v')
    yield 'v'
  }),
  refused('a body that says that it has 10 GiB', function* (key) {
    yield `PUT /kv/${key} HTTP/1.1\r\n${HOST}\r\nContent-Length: ${10 * 1024 * MIB}${END}`
    for (;;) yield Buffer.alloc(CHUNK_BYTES, 'v')
  }),
  refused('a chunked body without an end', function* (key) {
    yield `PUT /kv/${key} HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked${END}`
    for (;;) yield `${CHUNK_BYTES.toString(16)}\r\n${'v'.repeat(CHUNK_BYTES)}\r\n`
  }),
  refused('a chunk whose size is no number', key => request(`PUT /kv/${key}`, 'Transfer-Encoding: chunked', `zz\r\nvalue\r\n0${END}`)),
  refused('a chunk of a negative size', key => request(`PUT /kv/${key}`, 'Transfer-Encoding: chunked', `-5\r\nvalue\r\n0${END}`)),
  refused('a length that is no number', key => request(`PUT /kv/${key}`, 'Content-Length: many', 'value')),
  refused('a negative length', key => request(`PUT /kv/${key}`, 'Content-Length: -5', 'value')),
  refused('headers without an end', function* (key) {
    yield `PUT /kv/${key} HTTP/1.1\r\n${HOST}\r\n`
    for (let at = 0; ; at++) yield `X-${at}: ${'h'.repeat(4096)}\r\n`
  }),
  survived('a request that breaks off in its headers', key => [`PUT /kv/${key} HTTP/1.1\r\n${HOST}\r\nContent-Le`]),
  survived('a body that breaks off', key => request(`PUT /kv/${key}`, 'Content-Length: 100', 'only this much')),
  survived('a chunked body that breaks off', key => request(`PUT /kv/${key}`, 'Transfer-Encoding: chunked', 'ff\r\nonly this much')),
  survived('a chunk that is longer than it says', key => request(`PUT /kv/${key}`, 'Transfer-Encoding: chunked', `2\r\nvalue\r\n0${END}`)),
  survived('a key whose percent-encoding is broken', () => request('GET /kv/%zz%')),
  survived('bytes that are no HTTP', () => [Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 31) % 256))]),
  survived('the greeting of TLS', () => [Buffer.from('160301020001000200fc0303', 'hex'), Buffer.alloc(500, 7)]),
  survived('nothing but line ends', () => ['\r\n'.repeat(10_000)]),
  survived('a version that does not exist', key => [`GET /kv/${key} HTTP/7.3\r\n${HOST}${END}`]),
  survived('two lengths that contradict each other', key => request(`PUT /kv/${key}`, `Content-Length: 5\r\nContent-Length: 50`, 'value')),
  survived('a connection that says nothing', () => []),
]

function refused(name: string, pieces: (key: string) => RawPieces): HostileRequest {
  return { name, expects: 'refused', pieces }
}

function survived(name: string, pieces: (key: string) => RawPieces): HostileRequest {
  return { name, expects: 'survived', pieces }
}

function request(line: string, headers = '', body = ''): string[] {
  return [`${line} HTTP/1.1\r\n${HOST}${headers === '' ? '' : `\r\n${headers}`}${END}${body}`]
}
