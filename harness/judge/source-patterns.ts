export interface SourcePattern {
  readonly id: string
  /** Which files it is looked for in. */
  readonly files: RegExp
  readonly line: RegExp
  /** Only in files that hold this as well. */
  readonly beside?: RegExp
  /** Only in files that do not hold this. */
  readonly without?: RegExp
  readonly prompt: string
}

const PYTHON = /\.py$/
const JAVA = /\.(java|kt)$/
const GO = /\.go$/
const SCRIPT = /\.(ts|js|mts|mjs|cts|cjs)$/
const RUST = /\.rs$/
const CPP = /\.(cpp|cc|cxx|hpp|hh|h)$/

/** A small table, on purpose: what an interviewer would stop at when reading along. None of these is a fault by itself. */
export const SOURCE_PATTERNS: readonly SourcePattern[] = [
  {
    id: 'default-dict',
    files: PYTHON,
    line: /\bdefaultdict\s*\(/,
    prompt:
      'Idiomatic, and it hides the moment in which a channel is made. Ask for the same with a plain dict: where is the race, and what closes it?',
  },
  {
    id: 'python-no-lock',
    files: PYTHON,
    line: /=\s*(dict\(\)|set\(\)|\{\}|\[\])/,
    beside: /class \w*ChatServer/,
    without: /Lock\s*\(|asyncio|async def/,
    prompt:
      'Shared state and no lock in the file. Which single operations does the interpreter make atomic, and which pairs of them does it not? And without the GIL?',
  },
  {
    id: 'asyncio-lock-missing',
    files: PYTHON,
    line: /^\s*(await|async (for|with))\b/,
    beside: /not in self\.\w+|self\.\w+\.get\(/,
    without: /asyncio\.Lock\s*\(/,
    prompt: 'An await in a file that looks something up first. What may have changed when the await comes back?',
  },
  {
    id: 'dropped-task',
    files: PYTHON,
    line: /^\s*asyncio\.(create_task|ensure_future)\s*\(/,
    prompt: 'A task that nobody keeps or awaits. What happens to its exception, and what has already been acknowledged when it runs?',
  },
  {
    id: 'thread-local',
    files: /\.(py|java|kt|rs|cpp|cc|hpp|h)$/,
    line: /\bthreading\.local\s*\(|\bThreadLocal\b|\bthread_local\b/,
    prompt:
      'State that belongs to a thread. Requests of one connection come on any thread of the pool: what does this hold on the next one?',
  },
  {
    id: 'list-as-set',
    files: /\.(py|java|kt|go|ts|js|mjs|rs|cpp|cc|hpp|h)$/,
    line: /\b(ArrayList|LinkedList|CopyOnWriteArrayList)<\s*Connection|List<\s*Connection\s*>|\.append\(\s*conn\w*\s*\)|=\s*append\([^,]+,\s*c(onn)?\)|\b(members|connections|subscribers)\.push\(|vector<[^>]*Connection|Vec<[^>]*Conn/,
    prompt: 'A list that does the work of a set. What does joining twice do, and what does leaving cost in a channel of 5,000?',
  },
  {
    id: 'unawaited-promise',
    files: SCRIPT,
    line: /^\s*void\s+[\w.]+\(|\.(forEach|map)\(\s*async\b/,
    prompt: 'A promise that nobody awaits. Has the work been done when the join is acknowledged? Where does its error go?',
  },
  {
    id: 'await-between',
    files: SCRIPT,
    line: /\bawait\b/,
    beside: /\.has\(|\.get\(/,
    prompt: 'One thread, yet other handlers run at this await. What was looked up before it, and does it still hold after?',
  },
  {
    id: 'await-in-loop',
    files: SCRIPT,
    line: /for\s*(await)?\s*\([^)]*\)\s*\{?\s*await\b|await\s+\w+\.writeMessage\(/,
    prompt: 'Receivers are written to one after the other. What happens to the rest when one of them does not read?',
  },
  {
    id: 'check-then-put',
    files: JAVA,
    line: /\.containsKey\s*\(|putIfAbsent\s*\(|\.get\([^)]*\)\s*==\s*null/,
    prompt: 'A look-up that an insertion follows. Each call may be atomic; is the pair of them?',
  },
  {
    id: 'java-plain-map',
    files: JAVA,
    line: /new\s+(HashMap|HashSet|LinkedHashMap|TreeMap|ArrayList)\b/,
    without: /synchronized|ReentrantLock|ReadWriteLock|StampedLock/,
    prompt: 'An ordinary collection and no lock in the file. What can two threads do to it, beyond losing an entry?',
  },
  {
    id: 'synchronized-on-local',
    files: JAVA,
    line: /synchronized\s*\(\s*(new\s|[a-z]\w*\.intern\(|"|message|channel(Name)?\b|channels\b)/,
    prompt: 'What object is this lock? Two threads exclude each other only if they lock the same one.',
  },
  {
    id: 'get-after-compute',
    files: JAVA,
    line: /computeIfAbsent\s*\([^;]*\)\s*;|\.get\([^)]*\)\s*\.add\(/,
    beside: /computeIfAbsent/,
    prompt: 'The set is fetched in one step and used in another. What if the channel is emptied and removed between the two?',
  },
  {
    id: 'go-map-without-mutex',
    files: GO,
    line: /\bmap\[[^\]]+\]/,
    without: /sync\.(RW)?Mutex|sync\.Map|chan\s+func|make\(chan/,
    prompt: 'A map and no mutex or channel in the file. What does the Go runtime do when two goroutines use one map?',
  },
  {
    id: 'go-lock-dropped-between',
    files: GO,
    line: /\.RUnlock\(\)/,
    beside: /\.Lock\(\)/,
    prompt: 'The read lock is let go here and the write lock is taken later. Who may have been in between, and is it looked up again?',
  },
  {
    id: 'rust-static-mut',
    files: RUST,
    line: /\bstatic\s+mut\b|\bunsafe\s+impl\s+(Send|Sync)\b|\bUnsafeCell\b|\bRc<RefCell/,
    prompt: 'The compiler was asked to look away, or this cannot cross threads. What makes it sound here?',
  },
  {
    id: 'rust-unwrap-lock',
    files: RUST,
    line: /\.lock\(\)\s*\.unwrap\(\)|\.write\(\)\s*\.unwrap\(\)/,
    prompt: 'What if a thread panics while it holds this lock? Who sees it, and does the server go on?',
  },
  {
    id: 'cpp-map-without-lock',
    files: CPP,
    line: /std::(unordered_)?(map|set)\s*</,
    without: /std::(shared_|recursive_)?mutex|std::scoped_lock|std::lock_guard|std::unique_lock/,
    prompt: 'A standard container and no mutex in the file. What does a rehash do to someone who is iterating?',
  },
  {
    id: 'cpp-raw-pointer',
    files: CPP,
    line: /\b(unordered_)?(set|vector|map)<[^>]*Connection\s*\*/,
    prompt: 'Raw pointers to connections are kept. Who owns them, and what if one is closed while a message is being sent?',
  },
  {
    id: 'write-under-lock',
    files: /\.(java|kt|py)$/,
    line: /synchronized\s*\(.*\)\s*\{.*writeMessage|with self\.\w*lock\w*:\s*$/i,
    beside: /write_?[mM]essage/,
    prompt: 'A lock in a file that also writes to sockets. Is the lock held while writing? To whom, and for how long?',
  },
]
