/** The transport between the coordinator and a worker that is a thread of this process. */
import { Worker } from 'node:worker_threads'
import type { FromWorker, WorkerLink, WorkerSetup } from './transport.ts'

/** Node 20 cannot load TypeScript in a thread, so a run from source uses the built worker. */
const WORKER_URL = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/harness/load/worker.js', import.meta.url)
  : new URL('./worker.js', import.meta.url)

export function createThreadLink(setup: WorkerSetup): WorkerLink {
  const thread = new Worker(WORKER_URL, { workerData: setup, stdout: false, stderr: false })
  let error: string | null = null
  let isClosing = false
  thread.on('error', reason => {
    error = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)
  })
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    send: message => thread.postMessage(message),
    onMessage: listener => thread.on('message', (message: FromWorker) => listener(message)),
    onExit: listener => thread.on('exit', code => listener(isClosing ? null : (error ?? `it ended with code ${code}`))),
    async close() {
      isClosing = true
      await thread.terminate()
    },
  }
}
