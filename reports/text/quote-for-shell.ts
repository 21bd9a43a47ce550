/** A word as a shell takes it literally: for every command that is offered for copying. */
export function quoteForShell(word: string): string {
  return /^(?!#)[\w./:=@,+#-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
