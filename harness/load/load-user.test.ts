import { describe, expect, it, vi } from 'vitest'
import { newUser } from './load-user-fixture.ts'

describe('a virtual user', () => {
  it('has joined once each of its joins is acknowledged, and by nothing else', () => {
    const joinedUser = vi.fn<() => void>()
    const user = newUser(0, 2500, { joinedUser })
    user.opened()
    for (const id of [1, 1, 4, 0, '2', undefined, 2]) user.reply({ type: 'joined', id })
    expect(user.state).toBe('joining')
    expect(joinedUser).not.toHaveBeenCalled()
    user.reply({ type: 'joined', id: 3 })
    expect(user.state).toBe('joined')
    expect(joinedUser).toHaveBeenCalledOnce()
  })

  it('asks anew on its next connection', () => {
    const joinedUser = vi.fn<() => void>()
    const user = newUser(0, 1001, { joinedUser })
    user.opened()
    user.reply({ type: 'joined', id: 1 })
    user.closed({ code: 1006, reason: '', error: '', byUs: false })
    user.opened()
    user.reply({ type: 'joined', id: 2 })
    expect(joinedUser).not.toHaveBeenCalled()
    user.reply({ type: 'joined', id: 1 })
    expect(joinedUser).toHaveBeenCalledOnce()
  })
})
