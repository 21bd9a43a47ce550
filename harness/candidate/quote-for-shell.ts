/** A word as a shell takes it literally: for the commands of a guessed manifest. */
export function quoteForShell(word: string): string {
  return /^[\w./:=@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
