/** Waits for a save: something in a folder that a person writes has changed, and nothing more for a moment. */
import { watch } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** An editor writes a file in several steps, and several files at once. */
const SETTLED_MS = 300
/** What tools write by themselves; a build in the folder must not set off the next examination. */
const NOT_WRITTEN_BY_HAND = /^(node_modules|target|build|out|dist|reports|__pycache__|\.[^/\\]*|.*~|.*\.sw[a-z]|.*\.part|interview\.yaml)$/

export interface FolderWatch {
  /** Aborted at the first change. */
  readonly changed: AbortSignal
  /** Resolves once a change has settled. Rejects when `signal` is aborted. */
  settled(signal: AbortSignal): Promise<void>
  close(): void
}

/** `ignored`: a folder in which we write ourselves, should it lie within. */
export function watchFolder(folder: string, ignored: string | undefined): FolderWatch {
  const controller = new AbortController()
  let lastChangeMs = Infinity
  const watcher = watch(folder, { recursive: true }, (_event, name) => {
    if (name === null || name.split(sep).some(part => NOT_WRITTEN_BY_HAND.test(part))) return
    if (ignored !== undefined && !relative(ignored, join(folder, name)).startsWith('..')) return
    lastChangeMs = performance.now()
    controller.abort()
  })
  // A folder that is deleted while it is watched gives no more changes; Ctrl-C still ends the wait.
  watcher.on('error', () => undefined)
  return {
    changed: controller.signal,
    async settled(signal) {
      await aborted(controller.signal, signal)
      while (performance.now() - lastChangeMs < SETTLED_MS) {
        signal.throwIfAborted()
        await new Promise(resolve => setTimeout(resolve, SETTLED_MS / 3))
      }
    },
    close: () => watcher.close(),
  }
}

async function aborted(wanted: AbortSignal, end: AbortSignal): Promise<void> {
  end.throwIfAborted()
  if (wanted.aborted) return
  await new Promise<void>((resolve, reject) => {
    wanted.addEventListener('abort', () => resolve(), { once: true })
    end.addEventListener('abort', () => reject(new Error('Interrupted while waiting for a change.')), { once: true })
  })
}
