import type { Cause, CheckQuestion } from './check-question.ts'

const ONE_NODE_DECIDES: Cause = {
  kinds: ['stuck', 'unavailable'],
  text: 'Writes need one particular node, or all of them: while it is away, and nobody takes its place, nothing can be written.',
}

/** The second exercise: a replicated key-value store. */
export const KV_QUESTIONS = {
  'k1.basics': {
    provokes: 'One client sets, reads, overwrites and deletes keys on one node: absent keys, empty values, odd keys, any text.',
    causes: [
      {
        kinds: ['lost', 'corrupted'],
        text: 'An empty value is taken for an absent one: the code asks whether the value is true, not whether it is there.',
      },
      { kinds: ['lost', 'corrupted'], text: 'The key is decoded twice or not at all, or cut at `/`, `?` or `#` before it is decoded.' },
      {
        kinds: ['corrupted'],
        text: 'A value is trimmed, parsed, or packed into a line together with its key and a separator that it may itself hold.',
      },
      {
        kinds: ['resurrected'],
        text: 'DELETE clears one of two places in which the value lives, or only marks it, and GET does not look at the mark.',
      },
      {
        kinds: ['garbled', 'unavailable'],
        text: 'The status is another than the contract’s, e.g. 200 for a stored value, or a 404 for the DELETE of an absent key.',
      },
    ],
    question: 'What does your store do with an empty value, and with a key that holds a slash or a percent sign?',
    goodAnswer: [
      'Absence is told from emptiness by the map’s own answer, never by the value.',
      'The path is split first and each part decoded once.',
      'DELETE of what is not there succeeds: asking twice has to be harmless.',
    ],
    looksAt: [],
  },
  'k1.bytes': {
    provokes: 'One client sets and reads values of every byte, of bytes that are no text, and of up to 1 MiB.',
    causes: [
      {
        kinds: ['corrupted'],
        text: 'Bytes pass through a string: what is no valid UTF-8 becomes a replacement character, and a NUL ends a C string.',
      },
      {
        kinds: ['corrupted', 'lost', 'stuck'],
        text: 'The body is taken from one read of the socket: what comes in a second packet is missing.',
      },
      { kinds: ['unavailable', 'garbled'], text: 'A limit below 1 MiB stands in the framework’s settings.' },
    ],
    question: 'Where does a value stop being bytes in your code, and does it have to?',
    goodAnswer: [
      'Nowhere: it is read by its length, kept as bytes and written back as bytes.',
      'If only text is wanted, other bytes are refused, not changed.',
    ],
    looksAt: [],
  },
  'k1.concurrent': {
    provokes: 'Many clients read, write and delete the same few keys of one node at the same time, and many more fill keys of their own.',
    causes: [
      {
        kinds: ['corrupted'],
        text: 'Two writers share a buffer, or a value is changed in place while a reader sends it: what is read is partly one and partly the other.',
      },
      {
        kinds: ['lost', 'order', 'stale'],
        text: 'A map that is not made for several threads is written by several; entries vanish when it grows.',
      },
      {
        kinds: ['order', 'stale'],
        text: 'The write is acknowledged before it is applied: it is queued, or handed to another thread, and a read comes first.',
      },
      { kinds: ['order', 'stale'], text: 'Reads are answered from a copy or a cache that is refreshed now and then.' },
      {
        kinds: ['stuck', 'unavailable'],
        text: 'Two locks are taken in different orders, or one is held while the disk or a peer is waited for.',
      },
    ],
    question: 'Two clients write one key and a third reads it, all at once. Which answers may the third get, and why no others?',
    goodAnswer: [
      'Either value, whole, or what was there before; after one of the writes is acknowledged, no longer what was there before both.',
      'What makes it so: one lock, one thread, or an atomic replacement of the whole value.',
      'The acknowledgement is sent after the value is in the map that reads look at.',
    ],
    looksAt: [],
  },
  'k2.durable': {
    provokes:
      'Keys are set, overwritten and deleted; a good second and a half later the node is killed (kill -9) in the middle of further writes, started again and read. Ten times and more, once alone and once in a cluster whose peers are down at first.',
    causes: [
      { kinds: ['stale', 'lost', 'order'], text: 'Files are written when the server ends, or more seldom than once a second.' },
      {
        kinds: ['resurrected'],
        text: 'Deletes are not saved: the log has sets only, or the snapshot is merged into what an older one had.',
      },
      {
        kinds: ['crash', 'stuck', 'unavailable'],
        text: 'The kill left half a record or half a file, and the reader refuses it, or dies of it. A file is replaced by writing over it, not by rename.',
      },
      {
        kinds: ['corrupted', 'lost'],
        text: 'Records are lines: a value or key with a newline, a NUL or the separator in it is read back as something else.',
      },
      { kinds: ['corrupted'], text: 'A torn last record is read as data: it has no length or checksum that would give it away.' },
    ],
    question: 'The power goes while you write the file. What is on the disk, and what does your store make of it when it starts?',
    goodAnswer: [
      'Either the old file or the new one: written to a temporary name, flushed, then renamed.',
      'Or a log whose records carry length and checksum: a torn tail is cut off, everything before it counts.',
      'A delete is a record like any other.',
      'What was acknowledged and not yet flushed may be lost, and for how long that is so is known and said.',
    ],
    looksAt: [],
  },
  'k2.shutdown': {
    provokes:
      'The node gets SIGTERM in the middle of writes, ends, is started again and read: once alone, once in a cluster whose peers are down at first.',
    causes: [
      { kinds: ['stale', 'lost', 'order'], text: 'There is no handler for SIGTERM, and what waits for the next save is lost.' },
      {
        kinds: ['stale', 'lost', 'order'],
        text: 'The handler saves first and goes on acknowledging writes afterwards; or the process exits before an asynchronous write has ended.',
      },
      { kinds: ['resurrected'], text: 'Deletes are not saved.' },
    ],
    question: 'In which order do you stop listening, finish what is under way, and save?',
    goodAnswer: [
      'Take no more requests, let those under way end, flush, then exit.',
      'And it must not be needed for being right: kill -9 comes without a word.',
    ],
    looksAt: [],
  },
  'k3.replication': {
    provokes: 'A key is written on one node and read on all others until each returns it.',
    causes: [
      { kinds: ['stale', 'diverged'], text: 'Only the first peer of the list is told.' },
      { kinds: ['stale', 'diverged'], text: 'Copies go out every few seconds, the whole store at a time.' },
      {
        kinds: ['stale', 'diverged', 'stuck'],
        text: 'One connection to a peer is opened at the start and never again once it has failed.',
      },
    ],
    question: 'How long until a write is on every node, and what decides that time?',
    goodAnswer: [
      'Each write goes to every peer at once; a periodic comparison only mends what got lost.',
      'The time is measured, not guessed.',
    ],
    looksAt: [],
  },
  'k3.converge': {
    provokes: 'The same keys are written on different nodes at the same time; then all is quiet, and every node is read.',
    causes: [
      { kinds: ['diverged'], text: 'The last to arrive wins, and at each node another one arrives last.' },
      {
        kinds: ['diverged', 'stale'],
        text: 'The periodic sync overwrites what it finds: it brings whole maps and not versions, so that older values win over newer ones.',
      },
      { kinds: ['stale'], text: 'Order is taken from wall clocks that are not kept apart by node, or not moved forward by what was seen.' },
    ],
    question: 'Two nodes accept different values for one key in the same millisecond. Which one wins, and why on every node the same?',
    goodAnswer: [
      'Each write carries a version that all nodes compare alike, with the node’s name for ties.',
      'A clock that was overtaken by a version it has seen moves forward (a logical or hybrid clock).',
      'Or there is one leader, who decides.',
    ],
    looksAt: [],
  },
  'k3.no-resurrection': {
    provokes: 'A key is deleted while one node is down; that node comes back with the value still in its files.',
    causes: [
      {
        kinds: ['resurrected'],
        text: 'A delete leaves nothing behind, so that the old copy looks like news to those who no longer have it.',
      },
      { kinds: ['resurrected'], text: 'Tombstones are kept in memory only, or dropped after a moment.' },
      ONE_NODE_DECIDES,
    ],
    question: 'How does a node that slept through a delete learn that the key is gone, and not missing?',
    goodAnswer: [
      'The delete is kept as a version of the key, a tombstone, saved and replicated like a value.',
      'It may be dropped only when every node has it, or after a time that is longer than any absence.',
    ],
    looksAt: [],
  },
  'k4.join': {
    provokes: 'A new, empty node that nobody has in its peers is started while writes go on, and has to hold everything soon after.',
    causes: [
      { kinds: ['stale', 'lost', 'diverged'], text: 'It serves before it has copied, so that it answers 404 for what exists.' },
      { kinds: ['stale', 'diverged'], text: 'What is written while the copy is under way is in neither the copy nor the pushes.' },
      { kinds: ['diverged', 'stale'], text: 'Peers push only to those in their own list: the newcomer is not in it, and never asks.' },
    ],
    question: 'Between the moment at which a new node asks for a copy and the moment it has it, writes go on. How does it get those?',
    goodAnswer: [
      'It is told of new writes before the copy begins, and versions decide between the two.',
      'It says 503 until it has caught up.',
    ],
    looksAt: [],
  },
  'k4.stale-restart': {
    provokes: 'A node is down while its keys are overwritten and deleted elsewhere, and comes back with its old files.',
    causes: [
      {
        kinds: ['stale', 'diverged', 'resurrected'],
        text: 'At the start a node pushes what it has, without versions, over what the others have.',
      },
      { kinds: ['stale', 'diverged'], text: 'A node that has a file prefers it to its peers.' },
      ONE_NODE_DECIDES,
    ],
    question: 'A node comes back after a day with yesterday’s file. Who tells whom what?',
    goodAnswer: [
      'Both sides compare versions key by key; the newer one wins whoever has it.',
      'Until then it does not answer from its old data, or the answer is known to be old.',
    ],
    looksAt: [],
  },
  'k4.lone-restart': {
    provokes: 'A node is started again while none of its peers is up.',
    causes: [
      {
        kinds: ['stale', 'lost'],
        text: 'An empty or failed answer of a peer is taken for an empty store, and the own file is thrown away.',
      },
      { kinds: ['stuck', 'unavailable'], text: 'The start waits for a peer that never comes.' },
    ],
    question: 'Your node starts and no peer answers. Does it have data, and how does it know?',
    goodAnswer: ['It reads its file first and takes from peers what is newer.', 'No answer is no information: it changes nothing.'],
    looksAt: [],
  },
  'k5.failover': {
    provokes: 'Clients go round the nodes and try the next on an error, while one node is killed, paused or started again.',
    causes: [
      {
        kinds: ['stuck', 'unavailable', 'late'],
        text: 'Every write waits for every peer, without a time-out: one node that is paused stops them all.',
      },
      { kinds: ['stuck', 'unavailable'], text: 'A broken connection to a peer throws in the handler of a client’s request.' },
      ONE_NODE_DECIDES,
    ],
    question: 'One of three nodes hangs: it still accepts connections and says nothing. What do your clients see?',
    goodAnswer: [
      'Time-outs on everything between nodes, and a peer that failed is left in peace for a while.',
      'A write does not wait for a peer that is away, or waits for a majority only.',
    ],
    looksAt: [],
  },
  'k5.partition': {
    provokes: 'The network between nodes is cut, silently or with resets, one way or both; clients write on both sides; then it heals.',
    causes: [
      {
        kinds: ['diverged', 'stale'],
        text: 'Writes of the time of the cut are neither kept for the other side nor found by comparing afterwards.',
      },
      { kinds: ['diverged', 'stale', 'resurrected'], text: 'After the cut, one side’s whole store replaces the other’s.' },
      { kinds: ['stuck', 'unavailable'], text: 'A silent connection is waited on for minutes: TCP says nothing of a cut.' },
      ONE_NODE_DECIDES,
    ],
    question: 'Both sides of a cut went on writing. What do you promise about the values after it heals, and what can you not promise?',
    goodAnswer: [
      'All nodes end on the same value, and on one that nothing acknowledged later had replaced.',
      'Of two concurrent writes one is lost, and that is said; or the smaller side refuses writes.',
    ],
    looksAt: [],
  },
  'k5.dead-peer': {
    provokes: 'One node stays away while the same keys are overwritten with 200 MiB in all; then it comes back.',
    causes: [
      { kinds: ['growth', 'crash'], text: 'What the dead peer has missed is queued without a limit.' },
      { kinds: ['diverged', 'stale'], text: 'The queue has a limit, and what was dropped is never made good.' },
    ],
    question: 'A peer is away for the weekend. What does that cost the others, and how does it catch up?',
    goodAnswer: [
      'Per key only the newest version waits, or nothing waits and the two compare when it is back.',
      'Every queue has a limit, and past it something slower but bounded takes over.',
    ],
    looksAt: [],
  },
  'k6.linearizable': {
    provokes:
      'Clients on all nodes read and write the same keys; what they saw is searched for an order that a single copy could have gone through.',
    causes: [
      {
        kinds: ['order', 'stale'],
        text: 'Reads are answered from the node’s own copy, while a newer write is still on its way to it. That is a choice, not a mistake, where it is known.',
      },
      { kinds: ['order', 'stale'], text: 'Reads go to a leader that does not know that it is no longer one.' },
    ],
    question: 'A client writes on one node and reads on another. What may it see, and what would it cost to promise more?',
    goodAnswer: [
      'Names the guarantee that the store gives, and one that it does not.',
      'A majority for reads too, or all through one leader with a lease: a round trip more, and no answer in a minority.',
    ],
    looksAt: [],
  },
  'k6.load': {
    provokes: 'A constant rate of requests on all nodes, and one node killed in the middle.',
    causes: [
      { kinds: ['late'], text: 'Each request flushes the disk or waits for all peers.' },
      { kinds: ['late', 'stuck'], text: 'The whole store is copied or saved at intervals, and everything waits meanwhile.' },
    ],
    question: 'What limits the rate of one node, and which number told you so?',
    goodAnswer: [
      'Writes are flushed in groups; the price is a known window of loss, or a known wait.',
      'A measurement beside an empty HTTP server, not a guess.',
    ],
    looksAt: [],
  },
  'k6.saturation': {
    provokes: 'Far more clients than one node can serve, for a while; then they leave.',
    causes: [
      { kinds: ['growth', 'crash'], text: 'A thread, a buffer or a queue entry for every request, and no limit to them.' },
      {
        kinds: ['late', 'stuck', 'unavailable'],
        text: 'Work of clients that have long given up is still done, so that the node is late for everyone.',
      },
    ],
    question: 'What happens to the thousandth client, and to the first one meanwhile?',
    goodAnswer: [
      'A limit on connections and on work under way; beyond it 503 at once, or no reading from the socket.',
      'Slow for all and bounded is better than fast until it falls.',
    ],
    looksAt: [],
  },
  'safe.http': {
    provokes:
      'Bad methods and paths, huge keys, huge and endless bodies, broken chunking, bytes that are no HTTP, requests that break off.',
    causes: [
      { kinds: ['crash'], text: 'An error of the parser, or of a socket that closes in the middle, is thrown where nobody catches it.' },
      { kinds: ['stuck', 'growth'], text: 'A body is gathered for as long as it comes: the limit is looked at when it has ended.' },
      {
        kinds: ['garbled', 'corrupted'],
        text: 'What is not valid is stored all the same: a key that is too long, or half a value of a request that broke off.',
      },
      {
        kinds: ['stuck', 'unavailable'],
        text: 'A thread waits for the rest of each request, without a time-out, and there are only so many threads.',
      },
    ],
    question: 'A client sends a body that never ends. When does your server stop reading, and what does it hold by then?',
    goodAnswer: [
      'After 1 MiB at the latest: it answers 413 and closes.',
      'Every connection has a time-out, and every limit is looked at while bytes come in.',
    ],
    looksAt: [],
  },
} as const satisfies Record<string, CheckQuestion>
