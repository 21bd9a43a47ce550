import type { Actor } from './actor.ts'
import type { Scene } from './scene.ts'

/** Members of the channel that read nothing from the moment they have joined, so that their kernel buffers never grow large. */
export async function openStoppedReaders(scene: Scene, channel: string, count: number): Promise<Actor[]> {
  const readers = await scene.openMany(count, 'stopped reader')
  await scene.enterAll(readers, [channel])
  for (const reader of readers) reader.stopReading()
  return readers
}
