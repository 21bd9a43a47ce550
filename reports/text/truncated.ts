/** At most `limit` UTF-16 units of the text, its beginning; what was cut off is said. Never cuts a character in two. */
export function truncated(text: string, limit: number): string {
  if (text.length <= limit) return text
  const end = isHighSurrogate(text, limit - 1) ? limit - 1 : limit
  return `${text.slice(0, end)}… (${text.length - end} more characters)`
}

/** The longest end of the text whose parts weigh at most `limit` in all; `weigh` gives one character's weight. */
export function tailWithin(text: string, limit: number, weigh: (character: string) => number): string {
  let weight = 0
  let start = text.length
  while (start > 0) {
    const previous = start > 1 && isHighSurrogate(text, start - 2) ? start - 2 : start - 1
    weight += weigh(text.slice(previous, start))
    if (weight > limit) break
    start = previous
  }
  return text.slice(start)
}

function isHighSurrogate(text: string, index: number): boolean {
  const code = text.charCodeAt(index)
  return code >= 0xd800 && code <= 0xdbff
}
