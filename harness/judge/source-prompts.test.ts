import { expect, test } from 'vitest'
import { promptsFromSource } from './source-prompts.ts'

test.each<[string, string, string, number]>([
  ['default-dict', 'chat_server.py', 'import x\nself.channels = defaultdict(set)\n', 2],
  ['thread-local', 'src/A.java', 'private final ThreadLocal<String> name = null;', 1],
  ['list-as-set', 'chat.go', 'package main\n\nmembers = append(members, conn)\n', 3],
  ['list-as-set', 'src/A.java', 'Map<String, List<Connection>> members;', 1],
  ['unawaited-promise', 'src/a.ts', 'void this.join(conn)', 1],
  ['unawaited-promise', 'src/a.ts', 'channels.forEach(async name => {', 1],
  ['java-plain-map', 'src/A.java', 'Map<String, String> map = new HashMap<>();', 1],
  ['check-then-put', 'src/A.java', 'if (!channels.containsKey(name)) {', 1],
  ['synchronized-on-local', 'src/A.java', 'synchronized (channelName) {', 1],
  ['go-map-without-mutex', 'a.go', 'channels map[string][]*Conn', 1],
  ['rust-static-mut', 'src/a.rs', 'static mut CHANNELS: u8 = 0;', 1],
  ['cpp-map-without-lock', 'src/a.hpp', 'std::unordered_map<std::string, int> channels;', 1],
  ['dropped-task', 'a.py', '    asyncio.create_task(self.join(conn))', 1],
])('%s in %s', (pattern, path, text, line) => {
  const found = promptsFromSource([{ path, text }])
  expect(found.filter(prompt => prompt.pattern === pattern)).toMatchObject([{ path, line }])
})

test.each([
  ['a lock in the same file', 'src/A.java', 'private final ReentrantLock lock;\nMap<String, String> map = new HashMap<>();'],
  ['a mutex in the same file', 'a.go', 'mu sync.Mutex\nchannels map[string]int'],
  ['a comment', 'a.py', '# defaultdict(set) would hide it'],
  ['another language', 'README.md', 'defaultdict(set), ThreadLocal, static mut'],
  ['a task that is kept', 'a.py', '    task = asyncio.create_task(self.join(conn))'],
])('nothing for %s', (_, path, text) => {
  expect(promptsFromSource([{ path, text }])).toEqual([])
})

test('a flood of one pattern, very long lines and very many files stay bounded and quick', () => {
  const text = `${'x = defaultdict(set)\n'.repeat(5000)}${'a'.repeat(500_000)}\n${'('.repeat(500_000)}`
  const files = Array.from({ length: 5 }, (_, index) => ({ path: `${index}.py`, text }))
  expect(promptsFromSource(files).filter(({ pattern }) => pattern === 'default-dict')).toHaveLength(5)
})
