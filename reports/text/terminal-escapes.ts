/**
 * What a candidate printed or sent is shown as text and as nothing else. A terminal would obey escape sequences (move the cursor, change
 * the title, hide lines), so they are taken out, and every control character that is left is shown instead of obeyed.
 */

const STRING_INTRODUCERS = '\u0090\u0098\u009d\u009e\u009f'

/**
 * ECMA-48 sequences. The character class of the string sequences leaves out their own introducers, so that a flood of them costs linear
 * time; a string without an end loses its introducer only, so that it cannot swallow what follows.
 */
const ESCAPE_SEQUENCE = new RegExp(
  [
    '(?:\u001b\\[|\u009b)[0-?]*[ -/]*[@-~]',
    `(?:\u001b[\\]PX^_]|[${STRING_INTRODUCERS}])[^\u0007\u001b\u009c${STRING_INTRODUCERS}]*(?:\u0007|\u001b\\\\|\u009c)`,
    '\u001b[ -/]*[0-~]',
    '\u001b',
  ].join('|'),
  'gu',
)

/** C0 without tab and newline, DEL, C1, lone surrogates, and the marks that change the direction in which text runs. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu

/** The text without terminal escapes; carriage returns become line ends, other control characters a visible stand-in. */
export function plainText(text: string): string {
  return visibleText(text.replaceAll(ESCAPE_SEQUENCE, '').replaceAll(/\r\n?/g, '\n'))
}

/** The same on one line: line ends, tabs and runs of spaces become one space. */
export function plainLine(text: string): string {
  return plainText(text)
    .replaceAll(/[\s\u2028\u2029]+/gu, ' ')
    .trim()
}

/** Every character that could not be seen, or could change how its neighbours look, replaced by one that can be seen. */
export function visibleText(text: string): string {
  return text.replaceAll(UNSEEN, character => {
    const code = character.charCodeAt(0)
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    return code === 0x7f ? '\u2421' : '\ufffd'
  })
}
