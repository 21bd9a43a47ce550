/** A worker's thread: everything it does is in LoadWorker; here it only meets its transport. */
import { parentPort, workerData } from 'node:worker_threads'
import { LoadWorker } from './load-worker.ts'
import type { FromWorker, ToWorker, WorkerSetup } from './transport.ts'

const port = parentPort
if (port === null) throw new Error('Expected to run as a worker thread. Start a run with `assay run`.')

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window
const worker = new LoadWorker(workerData as WorkerSetup, (message: FromWorker) => port.postMessage(message))
port.on('message', (message: ToWorker) => worker.handle(message))
