import { readFileSync } from 'node:fs'

/** Descriptors that a process may open (its soft limit); a cautious 1,024 where it cannot be read. */
export function openFilesLimit(pid: number | 'self'): number {
  try {
    const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))?.[1]
    return line === 'unlimited' ? Infinity : Number(line ?? 1024)
  } catch {
    return 1024
  }
}
