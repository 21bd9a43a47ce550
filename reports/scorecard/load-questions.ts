import type { CheckQuestion } from './check-question.ts'

/** Stages 2 and 3, and what no input may do. */
export const LOAD_QUESTIONS = {
  's2.isolation': {
    provokes:
      'A tenth of a channel’s readers stop reading, then 40 at once, while others send and the latency of those who still read is taken.',
    causes: [
      {
        kinds: ['late', 'stuck', 'lost', 'census', 'dropped'],
        text: 'Messages are written one receiver after the other with a write that blocks: as soon as one socket is full, everyone behind it waits.',
      },
      {
        kinds: ['late', 'stuck', 'lost', 'census'],
        text: 'A lock is held while writing, so that one full socket stops joins, sends and leaves of everybody: even a join that writes to nobody hangs.',
      },
      {
        kinds: ['duplicated'],
        text: 'When one receiver’s socket is full, the message is tried again for all of them, and those who have it get it once more.',
      },
      { kinds: ['stuck', 'late'], text: 'All threads of the pool end up in a blocked write; with 40 stopped readers no thread is left.' },
    ],
    question:
      'One user’s phone goes into a tunnel without closing the connection. What happens to the others in the room, after one second and after one minute?',
    goodAnswer: [
      'A write blocks once kernel buffers are full: megabytes later, not at once.',
      'A queue for each connection and something that drains it; the handler never writes to a socket itself.',
      'The queue has a limit; beyond it the slow one is dropped, not the rest.',
      'A retry concerns one receiver, has a limit and backs off.',
    ],
    looksAt: ['send', 'output'],
  },
  's2.bounded': {
    provokes: 'Readers stop while senders go on; the server’s memory is watched until its trend is clear.',
    causes: [
      {
        kinds: ['growth', 'crash'],
        text: 'Each connection has a queue that may grow without end, and a reader who has stopped is never disconnected.',
      },
      { text: 'Each pending write keeps its own copy of the message, or a task of its own.' },
    ],
    question: 'How much memory can one stopped reader cost you, at most? Show me the number in the code.',
    goodAnswer: [
      'A limit in bytes for each queue, and one for all of them together.',
      'Says what happens at the limit: drop the oldest, drop the newest, or disconnect; and why.',
    ],
    looksAt: ['send', 'output'],
  },
  's2.eviction': {
    provokes: 'One reader stops for good while at least 16 MiB are due to it. Another one pauses often but keeps up on average.',
    causes: [
      {
        text: 'If a stopped reader was still connected: nobody is ever disconnected for not reading, or a thread hangs in a write to it; there is no limit, or nothing happens at it.',
      },
      {
        kinds: ['dropped'],
        text: 'If a reader with pauses was closed: readers who are well are thrown out; the limit is shorter than what gathers between two flushes, or a full socket for a moment counts as dead.',
      },
    ],
    question: 'How do you tell a dead reader from one on a bad line, and what do you do with each?',
    goodAnswer: [
      'By how much and for how long: bytes waiting and time without progress, both with generous limits.',
      'A moment of a full socket is normal; megabytes for half a minute are not.',
      'Disconnecting is fair: the client can come back, the server’s memory cannot.',
    ],
    looksAt: ['send', 'output'],
  },
  's2.recovery': {
    provokes: 'A reader pauses for two seconds with little due to it, and reads on.',
    causes: [
      {
        kinds: ['lost', 'census'],
        text: 'What does not fit into the socket at once is dropped, or the rest of a half-written message is.',
      },
      { kinds: ['dropped'], text: 'A short pause already counts as a dead reader.' },
      { kinds: ['duplicated'], text: 'A write that took part of the data is repeated from the start.' },
      { kinds: ['garbled'], text: 'The rest of a half-written message is lost, and the next one begins in the middle of a line.' },
    ],
    question: 'A non-blocking write took half of your message. What do you do with the other half?',
    goodAnswer: [
      'It stays at the head of that connection’s queue and goes out first when the socket is writable again.',
      'Nothing else may be written in between.',
    ],
    looksAt: ['send', 'output'],
  },
  's3.capacity': {
    provokes: 'The load on a room of 200 is raised until the service level is missed; the largest load without loss counts.',
    causes: [
      { kinds: ['late', 'stuck'], text: 'One write (a system call) for each receiver and message, or one thread does all the work.' },
      { kinds: ['lost', 'dropped', 'census'], text: 'Queues are too short for a burst, and readers who are well are cut off.' },
    ],
    question: 'How many users can this server handle? What runs out first, and how would you find out?',
    goodAnswer: [
      'Reckons deliveries, not messages: senders × rate × receivers.',
      'Names CPU (system calls, encoding), memory for each connection, descriptors, bandwidth, and which is first here.',
      'Would measure, and says how.',
    ],
    looksAt: ['send', 'output'],
  },
  's3.mesh': {
    provokes: 'Fifty users are in twenty channels, each of them sends once a second: everyone to everyone.',
    causes: [
      { kinds: ['late', 'stuck'], text: 'Each delivery is a write of its own; the number of writes grows with the square of the users.' },
      {
        kinds: ['lost', 'dropped', 'census'],
        text: 'Under this load messages are dropped or readers are cut off, though the load is below the floor.',
      },
    ],
    question: 'What is the worst that normal use can do to this server? Put numbers on it.',
    goodAnswer: [
      'Everyone in every channel, everyone sending: users² × rate deliveries a second.',
      'Batching: gather what is due to a user and write it at once, a few times a second.',
      'Says what batching costs in latency, and that it moves the wall without removing it.',
    ],
    looksAt: ['send', 'output'],
  },
  's3.shedding': {
    provokes: 'Three times the measured capacity for ten seconds; then half of the capacity, which must be well again after five seconds.',
    causes: [
      {
        kinds: ['late', 'stuck', 'lost', 'census'],
        text: 'The server does not come back: a counter of pending work is not taken down again for what was dropped, or a backlog that nobody wants any more is still worked off.',
      },
      { kinds: ['growth', 'crash'], text: 'Nothing is refused: queues take everything until memory runs out.' },
      { kinds: ['dropped'], text: 'Connections are closed instead of messages being refused.' },
    ],
    question: 'Something has to give. What do you throw away first, who is told, and how does the server find back to normal?',
    goodAnswer: [
      'Limits for each resource: connections, queued bytes, work in progress; refuse at the door rather than fail inside.',
      'Sheds what is cheapest to lose (new sends, the oldest of a queue), says so, and keeps those who are in.',
      'What counts the load must count down again on every path.',
    ],
    looksAt: ['send', 'output'],
  },
  's3.connections': {
    provokes:
      'Connections are opened up to the limit of descriptors; those that are in must be served, and new ones taken when some leave.',
    causes: [
      {
        kinds: ['stuck', 'lost', 'late'],
        text: 'The accept loop spins or ends when no descriptor is left, and takes the rest of the server with it.',
      },
      { kinds: ['crash'], text: 'A failed accept is not handled and ends the process.' },
      { text: 'Descriptors of those who left are not given back.' },
    ],
    question: 'accept fails because there is no descriptor left. What does your server do in the next millisecond, and the next minute?',
    goodAnswer: [
      'Stops accepting for a moment instead of trying in a loop; serves those it has; accepts again when one leaves.',
      'A limit of its own below that of the system, with a refusal.',
    ],
    looksAt: ['input'],
  },
  'safe.malformed': {
    provokes: 'Broken JSON, wrong types, huge numbers, deep nesting, invalid UTF-8 and broken frames, each 64 times, while others chat.',
    causes: [
      { kinds: ['crash'], text: 'Input that cannot be parsed throws outside any error handling and ends the process for everyone.' },
      {
        kinds: ['stuck', 'lost', 'late'],
        text: 'The thread that parses dies or spins, and whoever shares it is no longer served; of a pool that loses one to each such message, none is left in the end.',
      },
    ],
    question: 'A client sends half a JSON object and a line end. Who catches that, and who notices?',
    goodAnswer: [
      'The parser’s failure is caught where a connection’s input is read; that connection gets an error or is closed.',
      'No other connection shares the fate: one thread’s or task’s failure stays its own.',
    ],
    looksAt: ['input'],
  },
  'safe.oversized': {
    provokes: 'A message of 64 MiB, and one that never ends.',
    causes: [
      { kinds: ['growth', 'crash'], text: 'Input is gathered until a line end comes, without a limit.' },
      {
        kinds: ['stuck', 'late'],
        text: 'Each new piece is searched or copied from the beginning, so that the work grows with the square of the size.',
      },
    ],
    question: 'How long may one message be, and where is that number in your code?',
    goodAnswer: ['A limit on the input that is kept for each connection; beyond it the connection is closed.'],
    looksAt: ['input'],
  },
  'safe.half-open': {
    provokes: 'Connections that never send, send byte by byte, or vanish, while others chat.',
    causes: [
      {
        kinds: ['stuck', 'late', 'lost'],
        text: 'A thread waits for each connection’s next message and there are only so many threads; or one loop reads them in turn with reads that block.',
      },
      { text: 'Connections that have vanished are never noticed and never freed.' },
    ],
    question: 'A thousand connections open and say nothing. What do they cost you?',
    goodAnswer: [
      'A descriptor and a little memory each, no thread: sockets are watched by epoll or kqueue, or the runtime does it.',
      'Reads never block others.',
    ],
    looksAt: ['input'],
  },
} as const satisfies Readonly<Record<string, CheckQuestion>>
