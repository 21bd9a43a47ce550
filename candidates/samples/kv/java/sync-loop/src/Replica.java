import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Keeps one peer up to date, and us with it. */
final class Replica {
    private static final int BATCH_BYTES = 1 << 20;
    private static final long IDLE_MS = 1000;
    private static final long RETRY_MS = 250;
    private static final int FIRST_TRIES = 3;

    private final Peer peer;
    private final Store store;
    private final Set<String> changed = new LinkedHashSet<>();
    private boolean inSync;
    private boolean pushesToUs = true;

    Replica(Peer peer, Store store) {
        this.peer = peer;
        this.store = store;
    }

    /** Tries to get and give what is missing, before the node serves. */
    void firstCompare() {
        for (int tries = 0; tries < FIRST_TRIES && !inSync; tries++) {
            try {
                compare();
            } catch (IOException away) {
                pause(RETRY_MS);
            }
        }
    }

    void run() {
        long comparedAt = System.nanoTime();
        while (true) {
            try {
                boolean due = !pushesToUs && System.nanoTime() - comparedAt >= IDLE_MS * 1_000_000;
                if (!inSync || due) {
                    compare();
                    comparedAt = System.nanoTime();
                }
                sendChanged();
                synchronized (changed) {
                    if (changed.isEmpty()) changed.wait(IDLE_MS);
                }
            } catch (IOException away) {
                inSync = false;
                pause(RETRY_MS);
            } catch (InterruptedException ended) {
                return;
            }
        }
    }

    /** Only the key waits: whatever value it has by then is sent. */
    void push(String key) {
        synchronized (changed) {
            changed.add(key);
            changed.notify();
        }
    }

    /** Exchanges whatever one of us has newer than the other. */
    private void compare() throws IOException {
        synchronized (changed) {
            changed.clear();
        }
        Map<String, Entry> theirs = new HashMap<>();
        List<String> wanted = new ArrayList<>();
        int bytes = 0;
        var answer = new DataInputStream(new ByteArrayInputStream(peer.ask("list", store.name().getBytes(StandardCharsets.UTF_8))));
        pushesToUs = answer.readBoolean();
        for (int left = answer.readInt(); left > 0; left--) {
            String key = Entry.readText(answer);
            Entry entry = new Entry(answer.readLong(), Entry.readText(answer), null);
            int length = answer.readInt();
            theirs.put(key, entry);
            if (!entry.isNewerThan(store.entry(key))) continue;
            wanted.add(key);
            bytes += length + 300;
            if (bytes < BATCH_BYTES) continue;
            fetch(wanted);
            wanted.clear();
            bytes = 0;
        }
        if (!wanted.isEmpty()) fetch(wanted);
        store.copyOfEntries().forEach((key, entry) -> {
            if (entry.isNewerThan(theirs.get(key))) push(key);
        });
        sendChanged();
        inSync = true;
    }

    private void fetch(List<String> keys) throws IOException {
        var message = new ByteArrayOutputStream();
        var out = new DataOutputStream(message);
        for (String key : keys) Entry.writeText(out, key);
        store.takeRecords(peer.ask("fetch", message.toByteArray()));
    }

    private void sendChanged() throws IOException {
        for (byte[] records = nextRecords(); records.length > 0; records = nextRecords()) peer.ask("entries", records);
    }

    private byte[] nextRecords() throws IOException {
        var records = new ByteArrayOutputStream();
        var out = new DataOutputStream(records);
        synchronized (changed) {
            var keys = changed.iterator();
            while (keys.hasNext() && records.size() < BATCH_BYTES) {
                String key = keys.next();
                keys.remove();
                Entry entry = store.entry(key);
                if (entry != null) Entry.write(out, key, entry);
            }
        }
        return records.toByteArray();
    }

    private static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }
}
