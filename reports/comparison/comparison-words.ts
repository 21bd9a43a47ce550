import { formatBytes, formatCount, msDigits } from '../text/number-format.ts'
import type { Difference, Metric, Spread } from './comparison.ts'

const WORDS: Readonly<Record<Exclude<Difference['kind'], 'better' | 'worse'>, string>> = {
  reference: '',
  unknown: 'not measured',
  single: 'not told from chance',
  none: 'no difference',
}

/** A metric's value in its unit; `limits` are those that no rounding may cross. */
export function metricValue(value: number, { unit }: Metric, limits: readonly number[]): string {
  if (unit === 'ms') return `${msDigits(value, limits)} ms`
  if (unit === 'bytes') return formatBytes(value)
  if (unit === 'seconds') return `${value.toFixed(2)} s`
  return Number.isInteger(value) ? formatCount(value) : value.toFixed(1)
}

/** Lowest to highest of the repeats; empty for one run. */
export function spreadText(spread: Spread, metric: Metric, limits: readonly number[]): string {
  if (spread.runs < 2) return ''
  const lowest = metricValue(spread.lowest, metric, limits)
  const highest = metricValue(spread.highest, metric, limits)
  return lowest === highest ? `all ${spread.runs} alike` : `${lowest} to ${highest}`
}

export function differenceText(difference: Difference): string {
  if (difference.kind === 'better' || difference.kind === 'worse') return `${difference.kind}, ${ratioText(difference.ratio)}`
  return WORDS[difference.kind]
}

function ratioText(ratio: number): string {
  if (!Number.isFinite(ratio)) return 'from none'
  if (ratio === 0) return 'to none'
  return `${ratio.toFixed(ratio < 0.1 ? 3 : 2)}×`
}
