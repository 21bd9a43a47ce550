import { type CostGrowth, HARMLESS_RISE_US } from '../judge/cost-growth.ts'

/** Growth so far beyond doubt that larger sizes would only take longer to show it. */
export const PLAIN_RISE_US = 3 * HARMLESS_RISE_US

/**
 * Whether what was measured carries a verdict. It does not where growth is seen that may be noise, nor where none is seen in noise that
 * would hide plain growth: on a busy machine a constant cost has to be shown as well. Pure.
 */
export function isCertain({ trend, riseHighUs }: CostGrowth): boolean {
  switch (trend) {
    case 'grows':
      return true
    case 'unclear':
      return false
    case 'constant':
      return riseHighUs <= PLAIN_RISE_US
  }
}
