import type { CheckQuestion } from './check-question.ts'

/** Handlers that run at the same time, user names, and what operations cost. */
export const RACE_QUESTIONS = {
  's1.race.first-join': {
    provokes:
      'Many connections join channels that nobody has joined before, at the same moment. When all is quiet, each channel gets a message and is counted.',
    causes: [
      {
        kinds: ['lost', 'census'],
        text: 'Check-then-put: two joins both find that the channel does not exist, each puts in a new set, and the second overwrites the first with the members in it. Locking the look-up and the insertion separately does not help.',
      },
      {
        kinds: ['lost', 'census'],
        text: 'The set is fetched in one step and used in another; in between it was removed as empty, or replaced.',
      },
      { kinds: ['lost', 'census'], text: 'The map or the member list is an ordinary one without a lock: two insertions at once lose one.' },
      {
        kinds: ['crash', 'stuck'],
        text: 'An ordinary map or set without a lock was changed by two threads at once, which corrupts it: the server crashes, spins, or the runtime ends it.',
      },
      { kinds: ['lost'], text: 'The join is acknowledged before the connection is in the set.' },
    ],
    question:
      'Two users join a channel that does not exist yet, at the same instant. Take me through both, line by line, in the worst order.',
    goodAnswer: [
      'Finds the order in which both look, both miss, and both put; says which member is lost, and that it was told it had joined.',
      'Makes look-up and insertion one step: computeIfAbsent or compute, one lock around both, or a single owner of the map. A concurrent map alone does not.',
      'Adding the member belongs to the same step where empty channels are removed.',
      'Says why this passes every test with one user.',
    ],
    looksAt: ['join'],
  },
  's1.race.join-order': {
    provokes: 'Connections join the same channels at the same time, some naming them in one order and some in another.',
    causes: [
      {
        kinds: ['stuck'],
        text: 'Deadlock by lock order: a join takes the locks of its channels in the order in which the client named them, so that one holds A and waits for B while another holds B and waits for A.',
      },
      {
        kinds: ['stuck'],
        text: 'Two kinds of lock (of a channel, of a connection) are taken in one order by one handler and in the other by another.',
      },
      { kinds: ['lost', 'census', 'crash'], text: 'Not an order of locks but a missing one: see the check of first joins.' },
    ],
    question: 'Which locks can one thread of yours hold at the same time, and in which order does each path take them?',
    goodAnswer: [
      'Names the cycle: each waits for what the other holds.',
      'Holds one lock at a time, or takes several in one fixed order (sorted names), or uses one lock.',
      'A time-out hides a deadlock and does not remove it.',
    ],
    looksAt: ['join'],
  },
  's1.race.same-connection': {
    provokes:
      'One connection sends several joins without waiting, so that they run at the same time; then it disconnects, and what is left of it is looked for.',
    causes: [
      {
        kinds: ['lost', 'census'],
        text: 'The connection’s own list of channels is read, changed and written back: of two overlapping joins the later one overwrites what the other added.',
      },
      {
        kinds: ['growth', 'misdelivered', 'census'],
        text: 'A join that still runs while its connection ends adds it to channels after the clean-up, and nobody takes it out again; or a list that lost entries leaves those channels uncleaned.',
      },
      { kinds: ['stuck'], text: 'Two joins of one connection wait for each other’s locks.' },
    ],
    question: 'Can two requests of one connection run at the same time in your server? What do both of them touch?',
    goodAnswer: [
      'They can: a pool does not tie a connection to a thread.',
      'The connection’s list is changed in place under a lock, or is a concurrent set; never replaced by a copy without a check.',
      'Join and disconnect of one connection exclude each other, and a join after the disconnect undoes itself.',
    ],
    looksAt: ['join', 'disconnect'],
  },
  's1.race.join-while-sending': {
    provokes: 'Members join and leave a channel while messages are being sent to it.',
    causes: [
      {
        kinds: ['crash', 'stuck', 'lost', 'dropped'],
        text: 'The receivers are iterated while another handler changes the same collection: an exception ends the loop half-way, or the iterator runs over freed memory.',
      },
      {
        kinds: ['lost', 'dropped'],
        text: 'Writing to a member who has just closed throws, and the exception ends the loop for all receivers that come after.',
      },
      { kinds: ['lost', 'census'], text: 'A join replaces the member set while a send still reads the old one.' },
      { kinds: ['duplicated'], text: 'The set was changed under the iterator and an entry was met twice.' },
    ],
    question: 'A message is on its way to 5,000 members and one of them leaves. What does your loop see?',
    goodAnswer: [
      'Copies the receivers under the lock and writes outside it, or uses a collection whose iterators tolerate change, and says what it may then miss.',
      'Does not hold the lock while writing.',
      'A member who has been acknowledged before the send is in the copy.',
    ],
    looksAt: ['send', 'join'],
  },
  's1.race.churn': {
    provokes:
      'Many connections connect, join, send and close all at once. When all is quiet, every channel’s members are counted by messages.',
    causes: [
      {
        kinds: ['census', 'lost'],
        text: 'A channel is removed as empty while somebody is joining it, so that the newcomer is in a set that the map no longer holds.',
      },
      { kinds: ['crash', 'stuck', 'dropped'], text: 'Clean-up and joins change one collection without excluding each other.' },
      { kinds: ['misdelivered', 'growth'], text: 'Someone who left is still in a channel.' },
    ],
    question: 'The last member leaves a channel while another one joins it. What are the possible ends, and which are right?',
    goodAnswer: [
      'Removing the empty channel and adding a member exclude each other (the same lock, or compute on the same key).',
      'Or empty channels are kept, and the cost of that is named.',
    ],
    looksAt: ['join', 'disconnect'],
  },
  's1.cost.join': {
    provokes: 'The CPU time of a join is measured with few and with up to 65,536 channels on the server.',
    causes: [
      {
        kinds: ['growth'],
        text: 'Channels are kept in a list and searched, or a join walks or copies a structure that holds all channels or all users.',
      },
      { text: 'A hash that collides, or a map copied at each change.' },
    ],
    question: 'How does the time of one join depend on the number of channels, and on the number of users?',
    goodAnswer: ['On neither: a hash look-up and an insertion.', 'Can point to the loop or the copy that makes it grow.'],
    looksAt: ['join'],
  },
  's1.cost.send': {
    provokes:
      'The CPU time of a send to a small channel is measured while more and more users and channels that have nothing to do with it are added.',
    causes: [
      {
        kinds: ['growth'],
        text: 'A send looks through all connections or all channels and picks those that match, instead of looking up the channel’s own members.',
      },
      { text: 'Ghosts: members who left are still written to.' },
    ],
    question: 'Who is looked at when a message goes to a channel of three on a server of 50,000?',
    goodAnswer: ['Those three: an index from a channel to its members.', 'Keeping that index is what joins and leaves are for.'],
    looksAt: ['send'],
  },
  's1.cost.leave': {
    provokes: 'The CPU time of a disconnect is measured while more and more channels that the leaver was not in are added.',
    causes: [
      {
        kinds: ['growth'],
        text: 'A disconnect looks through every channel of the server for the one who left: there is no list of a connection’s own channels.',
      },
      { text: 'Removing from a list costs a search through all members.' },
    ],
    question: 'How do you know which channels someone was in when they leave?',
    goodAnswer: [
      'A second index, from a connection to its channels.',
      'Both indexes have to change together, which is one more thing to lock.',
    ],
    looksAt: ['disconnect'],
  },
  's1.takeover': {
    provokes: 'Three connections claim the same user name one after the other, with pauses; the declared policy has to hold each time.',
    causes: [
      { text: 'The clean-up of the connection that was replaced removes the name, and with it the newcomer who holds it by then.' },
      { text: 'The older connection is forgotten but not closed, or stays in its channels.' },
      { kinds: ['stuck'], text: 'A hello is neither answered nor refused.' },
    ],
    question: 'The old connection is closed because a new one took its name. Its disconnect handler runs afterwards: what does it remove?',
    goodAnswer: [
      'Only its own entry: remove(name, connection), which does nothing when someone else holds the name.',
      'Says what the policy is and why.',
    ],
    looksAt: ['hello', 'disconnect'],
  },
  's1.race.takeover': {
    provokes: 'Many connections claim one user name at the same moment; afterwards the policy must hold and whoever stayed must work.',
    causes: [
      { text: 'Look-up and insertion of the name are two steps, so that two connections both believe they hold it, or none does.' },
      { text: 'The clean-up of a loser removes the winner.' },
    ],
    question: 'Ten connections say the same name at once. How many are open afterwards, and how do you know?',
    goodAnswer: [
      'One atomic exchange of the holder of the name; the one that was replaced is closed outside the lock.',
      'Clean-up compares before it removes.',
    ],
    looksAt: ['hello', 'disconnect'],
  },
} as const satisfies Readonly<Record<string, CheckQuestion>>
