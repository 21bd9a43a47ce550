import { columnsOf } from './terminal-style.ts'

/** Words set in lines of at most `width` columns, at least 1; a word longer than a line is cut. */
export function wrapped(text: string, width: number): string[] {
  const limit = Math.max(2, Math.floor(width))
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/ +/).flatMap(word => pieces(word, limit))) {
    if (line === '') line = word
    else if (columnsOf(line) + 1 + columnsOf(word) <= limit) line = `${line} ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line]
}

function pieces(word: string, limit: number): string[] {
  if (columnsOf(word) <= limit) return [word]
  const parts = ['']
  for (const character of word) {
    const last = parts.at(-1) ?? ''
    if (columnsOf(last) + columnsOf(character) > limit) parts.push(character)
    else parts[parts.length - 1] = last + character
  }
  return parts
}
