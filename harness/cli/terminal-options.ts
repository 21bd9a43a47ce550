/** How text is set for the stream it goes to. */
import type { TerminalOptions } from '../../reports/text/terminal-style.ts'

const PLAIN_WIDTH = 100

export function terminalOptions(stream: NodeJS.WriteStream): TerminalOptions {
  return { colour: stream.isTTY && process.env['NO_COLOR'] === undefined, width: stream.isTTY ? stream.columns : PLAIN_WIDTH }
}
