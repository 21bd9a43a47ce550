export const LOG_LEVELS = ['silent', 'error', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface Log {
  error(text: string): void
  info(text: string): void
  debug(text: string): void
}

/** A log of plain lines, that passes on what is at most as detailed as its level. */
export function logAt(level: LogLevel, write: (line: string) => void): Log {
  const lineFor = (own: LogLevel) => (text: string) => {
    if (LOG_LEVELS.indexOf(own) <= LOG_LEVELS.indexOf(level)) write(`${own}: ${text}\n`)
  }
  return { error: lineFor('error'), info: lineFor('info'), debug: lineFor('debug') }
}
