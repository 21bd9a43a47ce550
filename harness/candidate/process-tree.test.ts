import { spawn } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { killAll } from './kill-tree.ts'
import { describeWith } from './needs-fixture.ts'
import { ProcessTree } from './process-tree.ts'

const trees: ProcessTree[] = []
const now = (): number => performance.now()

function grow(script: string, marker: string): ProcessTree {
  const [name = '', value = ''] = marker.split('=')
  const child = spawn('sh', ['-c', script], { detached: true, stdio: 'ignore', env: { PATH: process.env['PATH'], [name]: value } })
  const tree = new ProcessTree(child.pid ?? -1, marker, now)
  trees.push(tree)
  return tree
}

function commandsOf(tree: ProcessTree): string[] {
  const living = tree.scan({ afresh: true }).filter(stat => stat.state !== 'Z')
  return living.map(stat => stat.command).sort()
}

afterEach(async () => {
  for (const tree of trees.splice(0)) await killAll(() => tree.scan({ afresh: true }), now)
})

await describeWith(['linux'], 'the tree of a process', () => {
  test('holds its descendants, and those that forked away into sessions of their own', async () => {
    const tree = grow('sleep 30 & (setsid sleep 31 &) ; (setsid setsid sleep 32 & exit); sleep 33 & wait', `TREE_TEST=${process.pid}-1`)
    await expect.poll(() => commandsOf(tree)).toEqual(['sh', 'sleep', 'sleep', 'sleep', 'sleep'])
  })

  test('keeps an orphan that wiped its environment after it was seen', async () => {
    const tree = grow('(setsid sh -c "sleep 0.3; exec env -i sleep 30" &) ; sleep 30', `TREE_TEST=${process.pid}-2`)
    await expect.poll(() => commandsOf(tree)).toEqual(['sh', 'sh', 'sleep', 'sleep'])
    await expect.poll(() => commandsOf(tree)).toEqual(['sh', 'sleep', 'sleep'])
  })

  test('does not hold its neighbours', async () => {
    const tree = grow('sleep 30 & wait', `TREE_TEST=${process.pid}-3`)
    grow('sleep 30 & wait', `TREE_TEST=${process.pid}-4`)
    await expect.poll(() => commandsOf(tree)).toEqual(['sh', 'sleep'])
  })

  test('is gone for good after it was killed', async () => {
    const tree = grow('sleep 30 & (setsid sleep 30 &) ; wait', `TREE_TEST=${process.pid}-5`)
    await expect.poll(() => commandsOf(tree)).toHaveLength(3)
    await killAll(() => tree.scan({ afresh: true }), now)
    expect(commandsOf(tree)).toEqual([])
  })
})
