import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Flushes the outboxes that hold something, all of them every few milliseconds, on a thread of its own. */
final class Delivery {
    private static final long FLUSH_EVERY_MS = 10;

    private final Queue<Outbox> toFlush = new ConcurrentLinkedQueue<>();

    Delivery() {
        Thread thread = new Thread(this::flushForever, "delivery");
        thread.setDaemon(true);
        thread.start();
    }

    void send(Outbox outbox, Message message) {
        if (outbox.add(message)) {
            toFlush.add(outbox);
        }
    }

    private void flushForever() {
        while (true) {
            flushAll(System.nanoTime());
            try {
                Thread.sleep(FLUSH_EVERY_MS);
            } catch (InterruptedException interrupted) {
                return;
            }
        }
    }

    private void flushAll(long now) {
        int count = toFlush.size();
        for (int i = 0; i < count; i++) {
            Outbox outbox = toFlush.remove();
            if (outbox.flush(now)) {
                toFlush.add(outbox);
            }
        }
    }
}
