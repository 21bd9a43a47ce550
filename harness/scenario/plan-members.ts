/** Who is in which channel: exactly as many channels a user as asked for, and channel sizes as even, or as skewed, as asked for. */
import type { Membership } from './scenario.ts'
import { createRandom, shuffle, swap } from './seeded-random.ts'

/** User u is in the channels `channels[offsets[u]]` to `channels[offsets[u + 1] - 1]`, ascending. */
export interface Members {
  readonly offsets: Uint32Array
  readonly channels: Uint32Array
}

export function planMembers(membership: Membership, users: number, channels: number, seed: number): Members {
  if (membership.kind === 'all') return everyoneEverywhere(users, channels)
  const sizes = channelSizes(membership, users, channels)
  return dealUsers(sizes, users, membership.channelsPerUser, seed)
}

/** Members of each channel, largest first. Sums to users × channels a user; no channel is larger than `users`. */
export function channelSizes(membership: Membership, users: number, channels: number): Uint32Array {
  if (membership.kind === 'all') return new Uint32Array(channels).fill(users)
  const exponent = membership.kind === 'zipf' ? membership.exponent : 0
  return sharedOut(users * membership.channelsPerUser, users, channels, channel => (channel + 1) ** -exponent)
}

/**
 * Shares `total` out in proportion to falling weights, none above `most`, in whole numbers by largest remainder. As equal floors have
 * falling remainders, the result never rises.
 */
function sharedOut(total: number, most: number, channels: number, weight: (channel: number) => number): Uint32Array {
  const sizes = new Uint32Array(channels)
  const remainders = new Float64Array(channels)
  const weightsFrom = new Float64Array(channels + 1)
  // Summed from the small end: subtracting from the whole would leave nothing but rounding noise for a steep tail.
  for (let channel = channels - 1; channel >= 0; channel--) weightsFrom[channel] = (weightsFrom[channel + 1] ?? 0) + weight(channel)
  const sizeOf = (channel: number, first: number, left: number): number => (left * weight(channel)) / (weightsFrom[first] ?? 1)

  let left = total
  let capped = 0
  while (capped < channels && sizeOf(capped, capped, left) >= most) {
    sizes[capped++] = most
    left -= most
  }
  let leftovers = left
  for (let channel = capped; channel < channels; channel++) {
    const size = sizeOf(channel, capped, left)
    sizes[channel] = Math.floor(size)
    remainders[channel] = size % 1
    leftovers -= Math.floor(size)
  }
  return withLeftovers(sizes, remainders, leftovers, capped)
}

function withLeftovers(sizes: Uint32Array, remainders: Float64Array, leftovers: number, first: number): Uint32Array {
  const order = Array.from({ length: sizes.length - first }, (_, place) => first + place)
  order.sort((left, right) => (remainders[right] ?? 0) - (remainders[left] ?? 0) || left - right)
  for (const channel of order.slice(0, leftovers)) sizes[channel] = (sizes[channel] ?? 0) + 1
  return sizes
}

/**
 * Deals users to channels as cards to hands, from one shuffled pack of all users after another. Each user is in every pack once, so
 * everyone ends up in the same number of channels. A channel that begins in one pack and ends in the next could get a user twice; such
 * a user is moved back within the new pack. There is always another to take its place, as no channel holds more than one pack.
 */
function dealUsers(sizes: Uint32Array, users: number, channelsPerUser: number, seed: number): Members {
  const random = createRandom(seed, 'members')
  const pack = Uint32Array.from({ length: users }, (_, user) => user)
  const channels = new Uint32Array(users * channelsPerUser)
  const filled = new Uint32Array(users)
  const lastChannel = new Int32Array(users).fill(-1)
  let place = users
  for (let channel = 0; channel < sizes.length; channel++) {
    for (let dealt = 0; dealt < (sizes[channel] ?? 0); dealt++) {
      if (place === users) {
        shuffle(pack, random)
        place = 0
      }
      let candidate = place
      while (lastChannel[pack[candidate] ?? 0] === channel) candidate++
      swap(pack, place, candidate)
      const user = pack[place++] ?? 0
      lastChannel[user] = channel
      channels[user * channelsPerUser + (filled[user] ?? 0)] = channel
      filled[user] = (filled[user] ?? 0) + 1
    }
  }
  return { offsets: Uint32Array.from({ length: users + 1 }, (_, user) => user * channelsPerUser), channels }
}

function everyoneEverywhere(users: number, channels: number): Members {
  const all = new Uint32Array(users * channels)
  for (let place = 0; place < all.length; place++) all[place] = place % channels
  return { offsets: Uint32Array.from({ length: users + 1 }, (_, user) => user * channels), channels: all }
}
