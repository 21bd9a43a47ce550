import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Flushes the outboxes that hold something, all of them every few milliseconds, on a thread of its own. */
final class Delivery {
    private static final long FLUSH_EVERY_MS = 10;
    /** With more deliveries than this on their way, about a second's work, new messages are shed. */
    private static final int MAX_WAITING = 250_000;

    private final Queue<Outbox> toFlush = new ConcurrentLinkedQueue<>();
    private volatile int waiting;

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

    boolean isOverloaded() {
        return waiting > MAX_WAITING;
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
        int waitingNow = 0;
        int count = toFlush.size();
        for (int i = 0; i < count; i++) {
            Outbox outbox = toFlush.remove();
            waitingNow += outbox.waiting();
            if (outbox.flush(now)) {
                toFlush.add(outbox);
            }
        }
        waiting = waitingNow;
    }
}
