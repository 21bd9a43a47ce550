import type { CheckQuestion } from './check-question.ts'

/** Stage 1 without its races and costs. */
export const DELIVERY_QUESTIONS = {
  's1.fanout': {
    provokes: 'A few members join a channel, each waits until its join is acknowledged, and then each sends once.',
    causes: [
      {
        kinds: ['lost', 'census', 'stuck'],
        text: 'The join was acknowledged before it had taken effect: work was started and not awaited, or handed to another thread.',
      },
      {
        kinds: ['lost', 'census', 'stuck', 'late'],
        text: 'What is due is gathered into batches, and nothing flushes the last batch while nobody sends: there is no timer, only the next message.',
      },
      {
        kinds: ['lost', 'census'],
        text: 'The loop over the receivers ends early: an exception of one connection aborts it for all that come after.',
      },
      {
        kinds: ['duplicated'],
        text: 'A receiver is in the list twice, or a failed write is tried again for those who already have the message.',
      },
    ],
    question:
      'Walk me through one message: who is in the set when it is sent, and when exactly was each of them told that they had joined?',
    goodAnswer: [
      'The join is acknowledged when its handler returns, so by then the connection must be in the set that senders read.',
      'Every started task, promise or queue entry is awaited, or is in order before any later send.',
      'A batch that is not full goes out by time, not only by the next message.',
      'One receiver’s failure is caught inside the loop.',
    ],
    looksAt: ['join', 'send'],
  },
  's1.body': {
    provokes: 'Bodies of 0 to 16 KiB are sent: any Unicode, quotes and escapes, text that looks like the protocol itself.',
    causes: [
      {
        kinds: ['crash', 'dropped', 'stuck', 'lost'],
        text: 'Something cuts or measures the text by bytes, or by UTF-16 units, and fails inside a character; a lock that was held then stays poisoned or taken.',
      },
      {
        kinds: ['corrupted'],
        text: 'The body is trimmed, re-encoded, escaped twice or put together by hand rather than by a JSON writer.',
      },
      { kinds: ['garbled'], text: 'Quotes, backslashes or line ends are not escaped, so that the output is no longer JSON.' },
    ],
    question: 'Where does your code look into the text of a message, and what is the unit in which it counts?',
    goodAnswer: [
      'The server has no business inside the body: it passes on what it parsed and lets one JSON writer escape it.',
      'Bytes, UTF-16 units and characters differ; a preview or a limit has to say which it means.',
      'A handler that fails must not leave a lock held or state half changed.',
    ],
    looksAt: ['send', 'output'],
  },
  's1.pipelining': {
    provokes:
      'Requests are written in other ways than usual (ids from 0 to 2^53 − 1, fields in any order, spaces, escapes, unknown fields and types, nearly 1 MiB in one message); others arrive byte by byte, cut inside a character or an escape, many in one segment, or 256 KiB of them on one connection without a pause.',
    causes: [
      {
        kinds: ['dropped', 'stuck', 'lost'],
        text: 'If the reason names a way of writing: the request is searched as text rather than parsed as JSON, an id of 0 is taken for none, an id goes through a type of 32 bits, unknown fields are refused, or a limit on input lies below 1 MiB.',
      },
      {
        kinds: ['lost', 'stuck', 'dropped', 'census'],
        text: 'What one read brings is taken for exactly one message: two that come together, or one that comes in parts, are refused or lost.',
      },
      {
        kinds: ['corrupted'],
        text: 'Each read is decoded to text by itself, so that a character whose bytes come in two reads turns into replacement characters (�).',
      },
      { kinds: ['garbled'], text: 'Two threads write to one connection without a lock around the whole message, so that their lines mix.' },
      {
        kinds: ['stuck', 'late'],
        text: 'Requests pile up behind one another, or a pool runs out of threads while they wait for each other.',
      },
    ],
    question: 'TCP gives you a stream of bytes. What does one read return, and who puts messages together again, in and out?',
    goodAnswer: [
      'A read returns any number of bytes: part of a message, or several of them. Bytes are kept until a line end has come.',
      'Decode whole lines, or keep a decoder’s state from read to read; never decode a piece alone.',
      'A message is written whole under one lock, or by one writer a connection.',
      'Only a whole message is parsed, by a JSON parser; what is asked of it is whether a field is there, and never how it was written.',
    ],
    looksAt: ['input', 'output'],
  },
  's1.many-channels': {
    provokes: 'One connection joins 1,000 channels (also by one request, with names of 64 bytes) and each channel gets a message.',
    causes: [
      {
        kinds: ['misdelivered'],
        text: 'A message is labelled with another channel’s name: a shared object is reused while it is still being written.',
      },
      { kinds: ['lost', 'census'], text: 'A limit somewhere is smaller than 1,000: a queue that throws away, or a list that is cut.' },
      { kinds: ['stuck', 'late'], text: 'The work of a join grows with the channels already joined.' },
    ],
    question: 'What does joining the thousandth channel cost you, compared with the first?',
    goodAnswer: [
      'The same: one look-up and one insertion.',
      'Each delivery carries its own channel name, and what is shared between threads does not change.',
    ],
    looksAt: ['join'],
  },
  's1.large-channel': {
    provokes: 'Thousands of members are in one channel, and each of them has to get each message once.',
    causes: [
      {
        kinds: ['lost', 'census', 'dropped'],
        text: 'Receivers at the end of the loop are skipped, or connections are closed because a queue is too short for a full room.',
      },
      { kinds: ['stuck', 'late'], text: 'Joins look through the members one by one, so that filling a room costs the square of its size.' },
      { kinds: ['crash'], text: 'A thread, a buffer or a copy for each member and message runs out of memory.' },
    ],
    question: 'What does one message cost in a room of 5,000, and what does it allocate?',
    goodAnswer: [
      'Work that grows with the receivers, and no faster.',
      'The message is encoded once and shared, not once for each receiver.',
    ],
    looksAt: ['send', 'join'],
  },
  's1.latency': {
    provokes: 'A few users send 1 to 50 messages a second; the time to the last recipient is taken.',
    causes: [
      { text: 'A batch waits longer than the service level allows, or goes out only with the next message.' },
      { text: 'Something polls, sleeps, or waits for a lock that is held while writing.' },
    ],
    question: 'Where can a message wait between its arrival and the last write, and for how long at most?',
    goodAnswer: [
      'Names each queue, timer and lock on the way, with its longest wait.',
      'A flush interval is well below the service level.',
    ],
    looksAt: ['send'],
  },
  's1.isolation': {
    provokes:
      'Channels whose names are alike (a common prefix, another case, another Unicode form, `__proto__`, quotes, line ends) each have their own member and get a message each.',
    causes: [
      {
        kinds: ['misdelivered'],
        text: 'Compare the two channel names in the picture. One is a prefix of the other: channels are matched by how they begin. They differ in case or accents only: names are lower-cased or normalised before they are looked up.',
      },
      {
        kinds: ['lost', 'crash', 'stuck', 'census', 'dropped'],
        text: 'A name such as `__proto__` is used as the key of a plain object, or a name is built into a pattern or a path.',
      },
    ],
    question: 'When are two channel names the same channel in your server? Show me the line that decides it.',
    goodAnswer: [
      'When they are equal as they came, and only then: the whole name is the key of a map.',
      'Folding case or Unicode form is a product decision that has to be asked for, not a side effect.',
    ],
    looksAt: ['join', 'send'],
  },
  's1.no-history': {
    provokes: 'Messages are sent and read in a channel; only then does someone else join, and listens.',
    causes: [
      { kinds: ['history', 'duplicated'], text: 'The channel keeps its last messages and hands them to whoever joins.' },
      {
        kinds: ['history'],
        text: 'A queue belongs to the channel instead of the connection, so that what waits in it also goes to later members.',
      },
    ],
    question: 'What does a new member get, and what did the task say about history?',
    goodAnswer: [
      'Only what is sent after the join; history is out of scope, and keeping it costs memory without a limit.',
      'The receivers of a message are fixed when it is sent.',
    ],
    looksAt: ['join', 'send'],
  },
  's1.rejoin': {
    provokes: 'One connection joins a channel twice, in one request and in two; then one message is sent.',
    causes: [
      {
        kinds: ['duplicated'],
        text: 'Members are kept in a list and appended without looking, so that whoever joins twice is in it twice.',
      },
      { kinds: ['history'], text: 'A join replays something each time.' },
      { kinds: ['lost', 'census'], text: 'The second join replaces the member list, or takes the connection out.' },
    ],
    question: 'Which data structure makes joining twice harmless without an if?',
    goodAnswer: ['A set, keyed by the connection.', 'With a list, the look-up before the insertion costs time and is a race of its own.'],
    looksAt: ['join'],
  },
  's1.disconnect': {
    provokes:
      'Members leave by close, reset, half-close and vanishing in mid-message; 10,000 come and go; then new connections that joined nothing listen.',
    causes: [
      {
        kinds: ['growth'],
        text: 'If memory or the cost of a send grew: connections stay in their channels’ sets after they left (ghosts), or a join that was still running put one back after its disconnect.',
      },
      { kinds: ['growth'], text: 'If descriptors grew: sockets are shut down and never closed.' },
      {
        kinds: ['crash', 'dropped', 'stuck'],
        text: 'The clean-up fails where a channel is left by its last member: it looks for something in an empty list.',
      },
      { kinds: ['lost', 'census'], text: 'Writing to a dead connection throws, and the loop over the receivers ends there.' },
      {
        kinds: ['misdelivered'],
        text: 'State is keyed by a number that is given again (a descriptor), so that a newcomer inherits the channels of somebody who left.',
      },
    ],
    question:
      'A user pulls the plug. Which structures know them, who removes them from each, and what if one of their joins is still running?',
    goodAnswer: [
      'The server knows the channels of each connection, so that leaving touches those and no others.',
      'Removal happens once, whatever ended the connection, and a join that comes later finds it closed and undoes itself.',
      'The socket is closed, the queue is dropped, an empty channel disappears.',
      'A failing write concerns that receiver alone.',
    ],
    looksAt: ['disconnect', 'send'],
  },
} as const satisfies Readonly<Record<string, CheckQuestion>>
