/** The part of autocannon (which brings no types) that is used here. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  interface AutocannonRequest {
    readonly method: 'GET' | 'PUT' | 'DELETE'
    readonly path: string
    readonly body?: Buffer | string
    /** `body` is text, decoded as UTF-8. */
    readonly onResponse?: (status: number, body: string) => void
  }

  interface AutocannonOptions {
    readonly url: string | readonly string[]
    readonly connections: number
    /** Seconds. */
    readonly duration: number
    /** Seconds that a request may take. */
    readonly timeout?: number
    readonly requests?: readonly AutocannonRequest[]
    /** Requests a second, over all connections. */
    readonly overallRate?: number
    readonly ignoreCoordinatedOmission?: boolean
  }

  interface AutocannonResult {
    /** Requests with an answer, of any status. */
    readonly requests: { readonly total: number; readonly average: number }
    /** Milliseconds. */
    readonly latency: { readonly p50: number; readonly p99: number; readonly max: number }
    /** Connections that broke, time-outs among them. */
    readonly errors: number
    readonly timeouts: number
    readonly non2xx: number
    /** Seconds that it took. */
    readonly duration: number
  }

  interface AutocannonInstance extends EventEmitter {
    stop(): void
  }

  /** `ended` may be called with an error. Emits `response` (client, status, bytes, milliseconds) for each answer. */
  export default function autocannon(
    options: AutocannonOptions,
    ended: (error: Error | null, result: AutocannonResult) => void,
  ): AutocannonInstance
}
