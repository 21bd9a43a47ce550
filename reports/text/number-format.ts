/** How numbers read in every report: the same digits on every machine, whatever its locale. */

const NOT_MEASURED = '–'
const MAX_DECIMALS = 9

const formatters = new Map<number, Intl.NumberFormat>()

/** A whole number with thousands separators: `214,000`. */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? grouped(value, 0) : NOT_MEASURED
}

/**
 * Milliseconds to about three digits, with unit: `4.21 ms`, `38.2 ms`, `1,049 ms`. Rounding never carries a value to the other side of
 * one of `limits` (nor onto it): with a limit of 1,000 the value 1,000.2 reads `1,000.2 ms`, not `1,000 ms`.
 */
export function formatMs(value: number, limits: readonly number[] = []): string {
  return Number.isFinite(value) ? `${msDigits(value, limits)} ms` : NOT_MEASURED
}

/** The digits of `formatMs` without the unit, for table columns that name it. */
export function msDigits(value: number, limits: readonly number[] = []): string {
  if (!Number.isFinite(value)) return NOT_MEASURED
  for (let decimals = usualDecimals(value); decimals <= MAX_DECIMALS; decimals++) {
    const rounded = Number(value.toFixed(decimals))
    if (limits.every(limit => Math.sign(rounded - limit) === Math.sign(value - limit))) return grouped(value, decimals)
  }
  return String(value)
}

/** A span of time for a person: `840 ms`, `12.5 s`, `4 min 10 s`, `2 h 5 min`. */
export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return NOT_MEASURED
  if (Math.abs(durationMs) < 1000) return formatMs(durationMs)
  const seconds = durationMs / 1000
  if (Math.abs(seconds) < 120) return `${withoutTrailingZeros(grouped(seconds, 1))} s`
  const whole = Math.round(seconds)
  if (whole < 7200) return joined(Math.floor(whole / 60), 'min', whole % 60, 's')
  const minutes = Math.round(seconds / 60)
  return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
}

/** A moment of the schedule: `+12.345 s`. */
export function formatMoment(atMs: number): string {
  if (!Number.isFinite(atMs)) return NOT_MEASURED
  return `${atMs < 0 ? '−' : '+'}${grouped(Math.abs(atMs) / 1000, 3)} s`
}

/** Bytes in binary units: `812 B`, `64 KiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return NOT_MEASURED
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  const decimals = unit === 0 || Math.abs(value) >= 100 ? 0 : 1
  return `${withoutTrailingZeros(grouped(value, decimals))} ${units[unit] ?? 'B'}`
}

/** A share of one as a percentage: `0.42` reads `42 %`. Something is never shown as nothing: `0.0001` reads `0.01 %`. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return NOT_MEASURED
  const percent = share * 100
  const size = Math.abs(percent)
  if (size > 0 && size < 0.01) return '< 0.01 %'
  const decimals = size === 0 || size >= 10 ? 0 : size >= 1 ? 1 : 2
  return `${withoutTrailingZeros(grouped(percent, decimals))} %`
}

/** A number with its noun: `1 channel`, `100 channels`. */
export function formatPlural(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`
}

function usualDecimals(value: number): number {
  const size = Math.abs(value)
  if (size === 0 || size >= 100) return 0
  return size >= 10 ? 1 : 2
}

function grouped(value: number, decimals: number): string {
  let formatter = formatters.get(decimals)
  if (formatter === undefined) {
    formatter = new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
    formatters.set(decimals, formatter)
  }
  return formatter.format(value)
}

function withoutTrailingZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}
