import { LIMITS } from './limits.ts'
import { Refusal } from './refusal.ts'

export const KEY_PREFIX = '/kv/'

/**
 * The key that a path names. It is read as it was sent, not as a URL: a URL parser would take `/kv/..` for another path.
 *
 * @throws Refusal (400, or 414 where it is too long)
 */
export function keyOf(path: string): string {
  const encoded = path.slice(KEY_PREFIX.length)
  if (/[/?#]/.test(encoded)) throw new Refusal(400, 'Expected one percent-encoded key and nothing after it. Send / as %2F and ? as %3F.')
  const key = encoded.includes('%') ? decode(encoded) : encoded
  const bytes = Buffer.byteLength(key)
  if (bytes === 0) throw new Refusal(400, 'Expected a key of 1 byte or more, got an empty one.')
  if (bytes > LIMITS.maxKeyBytes) throw new Refusal(414, `Expected a key of at most ${LIMITS.maxKeyBytes} bytes, got ${bytes}.`)
  return key
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    throw new Refusal(400, 'Expected the key to be percent-encoded UTF-8, got a broken escape. Send % as %25.')
  }
}
