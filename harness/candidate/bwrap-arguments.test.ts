import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bwrapArguments } from './bwrap-arguments.ts'
import { type Command, launchOf } from './contain.ts'
import { DEFAULT_LIMITS } from './limits.ts'

const BUILD: Command = {
  shell: 'make',
  folder: '/somewhere',
  isFolderWritable: true,
  hasNetwork: false,
  toolchain: { pathFolders: [], readOnlyPaths: [], env: {}, packages: new Map(), fingerprint: '' },
  env: {},
  limits: DEFAULT_LIMITS,
  containment: 'networked',
}

test('a build has a network of its own, with nobody in it, unless it is let out', () => {
  const [closed, open] = [false, true].map(hasNetwork => bwrapArguments({ ...BUILD, hasNetwork }, '/candidate'))
  expect(closed).toContain('--unshare-net')
  expect(closed).not.toContain('/etc/resolv.conf')
  expect(open).not.toContain('--unshare-net')
  if (existsSync('/etc/resolv.conf')) expect(open).toContain('/etc/resolv.conf')
  const network = ['--unshare-net', '--ro-bind', '/etc/resolv.conf']
  const without = (args: readonly string[] | undefined) => args?.filter(arg => !network.includes(arg))
  expect(without(open)).toEqual(without(closed))
})

test('a build that is let out may ask its package registry, one that is not is told that there is none', () => {
  const [closed, open] = [false, true].map(hasNetwork => launchOf({ ...BUILD, hasNetwork }))
  expect(closed?.env['GOPROXY']).toBe('off')
  expect(open?.env['GOPROXY']).toBeUndefined()
})

test('a server shares the loopback that its users come over, and learns no names', () => {
  const server = bwrapArguments({ ...BUILD, isFolderWritable: false, sharesLoopback: true }, '/candidate')
  expect(server).not.toContain('--unshare-net')
  expect(server).not.toContain('/etc/resolv.conf')
})
