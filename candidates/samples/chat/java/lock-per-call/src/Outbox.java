import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** What is due to one connection: a bounded queue, written in batches and never waited for. */
final class Outbox {
    private static final int MAX_BYTES = 4 * 1024 * 1024;
    private static final int MAX_BATCH_BYTES = 64 * 1024;
    /** A reader that takes nothing at all for so long is taken for gone. */
    private static final long MAX_STALL_NANOS = 10_000_000_000L;

    private final Connection conn;
    private final ArrayDeque<Message> queue = new ArrayDeque<>();
    private int bytes;
    private boolean stalled;
    private long stalledSince;

    Outbox(Connection conn) {
        this.conn = conn;
    }

    /** Returns true if the outbox was empty, and so has to be flushed from now on. Evicts a reader too far behind. */
    synchronized boolean add(Message message) {
        if (!conn.isOpen()) {
            return false;
        }
        if (bytes + message.json().length > MAX_BYTES) {
            evict();
            return false;
        }
        queue.add(message);
        bytes += message.json().length;
        return queue.size() == 1;
    }

    /** Writes what the socket takes now. Returns true if something is left, to be flushed again later. */
    synchronized boolean flush(long now) {
        try {
            while (!queue.isEmpty() && conn.tryWriteMessages(firstBatch())) {
                removeFirstBatch();
                stalled = false;
            }
        } catch (Connection.ConnectionClosedException closed) {
            queue.clear();
        }
        if (queue.isEmpty()) {
            return false;
        }
        if (!stalled) {
            stalled = true;
            stalledSince = now;
        } else if (now - stalledSince > MAX_STALL_NANOS) {
            evict();
        }
        return !queue.isEmpty();
    }

    /** How many messages wait for the server, rather than for their reader. */
    synchronized int waiting() {
        return stalled ? 0 : queue.size();
    }

    private List<Message> firstBatch() {
        List<Message> batch = new ArrayList<>();
        int batchBytes = 0;
        for (Message message : queue) {
            batchBytes += message.json().length;
            if (!batch.isEmpty() && batchBytes > MAX_BATCH_BYTES) {
                break;
            }
            batch.add(message);
        }
        return batch;
    }

    private void removeFirstBatch() {
        int batchBytes = 0;
        while (!queue.isEmpty()) {
            int next = queue.peek().json().length;
            if (batchBytes > 0 && batchBytes + next > MAX_BATCH_BYTES) {
                break;
            }
            batchBytes += next;
            queue.remove();
        }
        bytes -= batchBytes;
    }

    private void evict() {
        queue.clear();
        bytes = 0;
        conn.close();
    }
}
