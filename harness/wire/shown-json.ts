/** Parsed JSON as text for a person. A server may nest values more deeply than they can be written out again. */
export function shownJson(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (error instanceof RangeError) return 'JSON that is nested too deeply to be shown'
    throw error
  }
}
