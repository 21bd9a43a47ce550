import { existsSync, readFileSync } from 'node:fs'
import type { Limits } from './limits.ts'

/**
 * The arguments that make `prlimit` (util-linux) set what the kernel can limit and then become the program that follows. Nobody may raise
 * a hard limit, so each is lowered to ours at most. Empty where there is no `prlimit`: then only the watched limits hold.
 */
export function kernelLimits(limits: Limits): string[] {
  if (!['/usr/bin/prlimit', '/bin/prlimit'].some(path => existsSync(path))) return []
  const hard = hardLimits()
  const lowered = (name: string, value: number): number => Math.min(value, hard.get(name) ?? Number.POSITIVE_INFINITY)
  const set = (option: string, value: number): string => `--${option}=${value}:${value}`
  return [
    'prlimit',
    set('core', 0),
    set('fsize', lowered('Max file size', limits.fileBytes)),
    set('nproc', lowered('Max processes', limits.tasks)),
    set('nofile', lowered('Max open files', limits.descriptors)),
  ]
}

/** Our own hard limits by the kernel's names for them; what is unlimited is left out. */
function hardLimits(): Map<string, number> {
  const limits = new Map<string, number>()
  for (const line of readFileSync('/proc/self/limits', 'latin1').split('\n')) {
    const match = /^(\S.*?)\s{2,}\S+\s+(\d+)/.exec(line)
    if (match?.[1] !== undefined) limits.set(match[1], Number(match[2]))
  }
  return limits
}
