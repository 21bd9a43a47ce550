import { type CostGrowth, HARMLESS_RISE_US } from '../judge/cost-growth.ts'

/** Growth so far beyond doubt that larger sizes would only take longer to show it. */
export const PLAIN_RISE_US = 3 * HARMLESS_RISE_US

/** A pass is sure that there is less growth than this: what takes 40 µs more over the range shall be told from what takes none. */
const SURELY_LESS_US = 2 * HARMLESS_RISE_US
/** Fewer batches of a size may happen to agree; only growth far beyond doubt needs no more. */
export const SURE_VISITS = 5

/**
 * Whether what was measured carries a verdict. It does not where growth is seen that may be noise, nor where none is seen in noise that
 * would hide plain growth: on a busy machine a constant cost has to be shown as well. Pure.
 */
export function isCertain({ trend, riseLowUs, riseHighUs, visits }: CostGrowth): boolean {
  switch (trend) {
    case 'grows':
      return visits >= SURE_VISITS || riseLowUs > PLAIN_RISE_US
    case 'unclear':
      return false
    case 'constant':
      return visits >= SURE_VISITS && riseHighUs <= SURELY_LESS_US
  }
}
