import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The store of one node: leaderless, the newest write wins. */
final class Store {
    /** With the time that writing takes, what was acknowledged is on disk about a second later. */
    private static final long SAVE_EVERY_MS = 750;

    private final String name;
    private final Snapshot snapshot;
    private final Set<String> peerNames;
    private final List<Replica> replicas;
    private final ScheduledExecutorService saver = Executors.newSingleThreadScheduledExecutor();
    private volatile boolean loaded;
    private volatile boolean diskBroken;

    // Guarded by this store's lock.
    private final Map<String, Entry> entries = new HashMap<>();
    private long lastTime;
    private long changes;

    private long savedChanges;

    Store(String name, Path folder, List<Peer> peers) {
        this.name = name;
        this.snapshot = new Snapshot(folder);
        this.peerNames = peers.stream().map(peer -> peer.name).collect(Collectors.toSet());
        this.replicas = peers.stream().map(peer -> new Replica(peer, this)).toList();
    }

    void start() throws IOException {
        snapshot.load(this::merge);
        loaded = true;
        saver.scheduleWithFixedDelay(this::saveIfChanged, SAVE_EVERY_MS, SAVE_EVERY_MS, TimeUnit.MILLISECONDS);
        List<Thread> comparing = replicas.stream().map(replica -> startThread(replica::firstCompare)).toList();
        for (Thread thread : comparing) join(thread);
        for (Replica replica : replicas) startThread(replica::run);
    }

    byte[] get(String key) {
        Entry entry = entry(key);
        return entry == null ? null : entry.value();
    }

    void set(String key, byte[] value) {
        String text = new String(value, StandardCharsets.UTF_8);
        write(key, text.getBytes(StandardCharsets.UTF_8));
    }

    void delete(String key) {
        write(key, null);
    }

    byte[] handlePeer(String path, byte[] message) throws IOException {
        if (!loaded) throw Refusal.unavailable("Still loading.");
        switch (path) {
            case "list":
                return list(new String(message, StandardCharsets.UTF_8));
            case "fetch":
                return fetched(message);
            case "entries":
                takeRecords(message);
                return new byte[0];
            default:
                throw new Refusal(404, "Expected list, fetch or entries.");
        }
    }

    void stop() throws IOException {
        saver.shutdownNow();
        try {
            saver.awaitTermination(2, TimeUnit.SECONDS);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
        snapshot.save(copyOfEntries());
    }

    String name() {
        return name;
    }

    synchronized Entry entry(String key) {
        return entries.get(key);
    }

    synchronized Map<String, Entry> copyOfEntries() {
        return new HashMap<>(entries);
    }

    void takeRecords(byte[] records) throws IOException {
        var in = new DataInputStream(new ByteArrayInputStream(records));
        while (in.available() > 0) {
            String key = Entry.readText(in);
            merge(key, Entry.read(in));
        }
    }

    private void write(String key, byte[] value) {
        if (diskBroken) throw new Refusal(507, "The disk takes nothing.");
        synchronized (this) {
            long now = System.currentTimeMillis() * 1000;
            merge(key, new Entry(Math.max(lastTime + 1, now), name, value));
        }
        for (Replica replica : replicas) replica.push(key);
    }

    private synchronized void merge(String key, Entry entry) {
        lastTime = Math.max(lastTime, entry.time());
        if (!entry.isNewerThan(entries.get(key))) return;
        entries.put(key, entry);
        changes++;
    }

    private void saveIfChanged() {
        Map<String, Entry> copy;
        long now;
        synchronized (this) {
            now = changes;
            if (now == savedChanges) return;
            copy = new HashMap<>(entries);
        }
        try {
            snapshot.save(copy);
            savedChanges = now;
            diskBroken = false;
        } catch (IOException problem) {
            System.err.println("Not saved: " + problem);
            diskBroken = true;
        }
    }

    private byte[] list(String caller) throws IOException {
        Map<String, Entry> copy = copyOfEntries();
        var answer = new ByteArrayOutputStream();
        var out = new DataOutputStream(answer);
        out.writeBoolean(peerNames.contains(caller));
        out.writeInt(copy.size());
        for (var item : copy.entrySet()) {
            Entry.writeText(out, item.getKey());
            out.writeLong(item.getValue().time());
            Entry.writeText(out, item.getValue().origin());
            out.writeInt(item.getValue().length());
        }
        return answer.toByteArray();
    }

    private byte[] fetched(byte[] message) throws IOException {
        var keys = new DataInputStream(new ByteArrayInputStream(message));
        var records = new ByteArrayOutputStream();
        var out = new DataOutputStream(records);
        while (keys.available() > 0) {
            String key = Entry.readText(keys);
            Entry entry = entry(key);
            if (entry != null) Entry.write(out, key, entry);
        }
        return records.toByteArray();
    }

    private static Thread startThread(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void join(Thread thread) throws IOException {
        try {
            thread.join();
        } catch (InterruptedException ended) {
            throw new IOException(ended);
        }
    }
}
