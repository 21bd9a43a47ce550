import java.util.ArrayDeque;

/** What is due to one connection: a bounded queue that is never waited for. */
final class Outbox {
    private static final int MAX_BYTES = 4 * 1024 * 1024;
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
            while (!queue.isEmpty() && conn.tryWriteMessage(queue.peek())) {
                bytes -= queue.remove().json().length;
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

    private void evict() {
        queue.clear();
        bytes = 0;
        conn.close();
    }
}
