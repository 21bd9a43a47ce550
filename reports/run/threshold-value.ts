import { formatBytes, formatCount, formatMs } from '../text/number-format.ts'

/** A threshold's limit or what was measured against it, in the unit that the end of its name tells: `Ms`, `Bytes`, or a count. */
export function thresholdValue(name: string, value: number | null, limit: number): string {
  if (value === null) return '–'
  if (name.endsWith('Ms')) return formatMs(value, [limit])
  if (/Bytes(?:Max)?$/.test(name)) return bytesBesideLimit(value, limit)
  return Number.isInteger(value) ? formatCount(value) : exactDecimal(value)
}

/** A threshold's name as words: `completionP99Ms` reads `completion p99`, `serverRssBytesMax` reads `server rss max`. */
export function thresholdWords(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replaceAll(/ (?:ms|bytes)\b/g, '')
}

/** Different bytes never read the same: where the short form would say so, all digits are shown. */
function bytesBesideLimit(value: number, limit: number): string {
  return value !== limit && formatBytes(value) === formatBytes(limit) ? `${formatCount(value)} B` : formatBytes(value)
}

function exactDecimal(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 6 })
}
