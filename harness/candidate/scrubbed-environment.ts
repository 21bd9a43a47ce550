/** What a candidate learns from our own environment: where the locale is, and nothing else. */
const PASSED_ON = ['LANG', 'LC_ALL', 'TZ'] as const

/** The candidate's environment is written down, not inherited: no token, no proxy, no path of ours reaches it. */
export function scrubbedEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = { LANG: 'C.UTF-8' }
  for (const name of PASSED_ON) {
    const value = own[name]
    if (value !== undefined) environment[name] = value
  }
  return { ...environment, ...given }
}
