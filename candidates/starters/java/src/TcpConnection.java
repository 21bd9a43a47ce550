import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A connection over TCP: reading and its limits on the selector's thread, writing from any thread. */
final class TcpConnection implements Connection {
    /** Reading rests while this many requests of the connection wait or run. */
    private static final int MAX_REQUESTS_IN_FLIGHT = 64;
    /** Reading rests while this many replies of the plumbing wait for a full socket. */
    private static final int MAX_WAITING_REPLIES = 1024;

    private final TcpServer server;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final LineSplitter lines = new LineSplitter();
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile boolean readingRests;
    private volatile boolean open = true;

    /** Lines begun or promised but not yet taken by the socket. Guarded by this; the selector's thread finishes them. */
    private final ArrayDeque<ByteBuffer> unsent = new ArrayDeque<>();

    TcpConnection(TcpServer server, SocketChannel channel, SelectionKey key) {
        this.server = server;
        this.channel = channel;
        this.key = key;
    }

    @Override
    public void writeMessage(Message message) {
        writeMessages(Collections.singletonList(message));
    }

    @Override
    public synchronized void writeMessages(List<Message> messages) {
        ByteBuffer line = encode(messages);
        awaitRoom();
        writeOrKeep(line);
        awaitRoom();
    }

    @Override
    public boolean tryWriteMessage(Message message) {
        return tryWriteMessages(Collections.singletonList(message));
    }

    @Override
    public synchronized boolean tryWriteMessages(List<Message> messages) {
        requireOpen();
        if (!unsent.isEmpty()) {
            return false;
        }
        ByteBuffer line = encode(messages);
        if (writeSome(line) == 0) {
            return false;
        }
        keepRest(line);
        return true;
    }

    @Override
    public void replyShed(Message message) {
        if (message.id() != null) {
            reply("{\"type\":\"shed\",\"id\":" + message.id() + "}");
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (!open) {
                return;
            }
            open = false;
            unsent.clear();
            notifyAll();
        }
        server.onSelectorThread(() -> {
            closeSocket();
            server.handleDisconnect(this);
        });
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    /** Writes one of the plumbing's own lines; if the socket is full, it is kept and written later. Never blocks. */
    synchronized void reply(String json) {
        if (open) {
            writeOrKeep(ByteBuffer.wrap((json + "\n").getBytes(StandardCharsets.UTF_8)));
        }
    }

    /** On the selector's thread: takes what has come in. */
    void read(ByteBuffer buffer) {
        buffer.clear();
        try {
            if (channel.read(buffer) < 0) {
                close();
                return;
            }
        } catch (IOException reset) {
            close();
            return;
        }
        lines.add(buffer.flip());
        server.hasLines(this);
    }

    /** On the selector's thread: the socket has room again. */
    synchronized void continueWriting() {
        while (open && !unsent.isEmpty() && writeSome(unsent.peek()) >= 0 && !unsent.peek().hasRemaining()) {
            unsent.remove();
        }
        if (unsent.isEmpty()) {
            changeInterest(SelectionKey.OP_WRITE, false);
            notifyAll();
        }
    }

    /** On the selector's thread: goes on reading if it rested and need not any more. */
    void continueReading() {
        if (readingRests && !isBusy()) {
            server.hasLines(this);
        }
    }

    /** On the selector's thread: takes the next complete line, up to the limits; beyond them reading rests. Or null. */
    byte[] nextRequest() {
        if (!open) {
            return null;
        }
        if (isBusy()) {
            restReading();
            return null;
        }
        byte[] line = lines.next();
        if (line != null) {
            inFlight.incrementAndGet();
            return line;
        }
        if (lines.isTooLong()) {
            reply("{\"type\":\"error\",\"message\":\"Expected lines of at most 1 MiB\"}");
            close();
            return null;
        }
        readingRests = false;
        changeInterest(SelectionKey.OP_READ, true);
        return null;
    }

    /** The counterpart of {@link #nextRequest}, on any thread. */
    void finishRequest() {
        int left = inFlight.decrementAndGet();
        if (readingRests && left <= MAX_REQUESTS_IN_FLIGHT / 2) {
            server.onSelectorThread(this::continueReading);
        }
    }

    private void restReading() {
        readingRests = true;
        changeInterest(SelectionKey.OP_READ, false);
        // Requests may have finished just before they could see that reading rests.
        if (!isBusy()) {
            server.onSelectorThread(this::continueReading);
        }
    }

    private boolean isBusy() {
        if (inFlight.get() >= MAX_REQUESTS_IN_FLIGHT) {
            return true;
        }
        synchronized (this) {
            return unsent.size() >= MAX_WAITING_REPLIES;
        }
    }

    private static ByteBuffer encode(List<Message> messages) {
        boolean isBatch = messages.size() != 1;
        int bytes = messages.size() + 2;
        for (Message message : messages) {
            bytes += message.json().length;
        }
        ByteBuffer line = ByteBuffer.allocate(bytes);
        for (int i = 0; i < messages.size(); i++) {
            if (isBatch) {
                line.put((byte) (i == 0 ? '[' : ','));
            }
            line.put(messages.get(i).json());
        }
        if (isBatch) {
            line.put((byte) ']');
        }
        return line.put((byte) '\n').flip();
    }

    private void awaitRoom() {
        while (open && !unsent.isEmpty()) {
            try {
                wait();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new ConnectionClosedException();
            }
        }
        requireOpen();
    }

    private void requireOpen() {
        if (!open) {
            throw new ConnectionClosedException();
        }
    }

    private void writeOrKeep(ByteBuffer line) {
        if (unsent.isEmpty()) {
            writeSome(line);
        }
        keepRest(line);
    }

    private void keepRest(ByteBuffer line) {
        if (open && line.hasRemaining()) {
            unsent.add(line);
            changeInterest(SelectionKey.OP_WRITE, true);
        }
    }

    /** Returns how many bytes the socket took. A failure closes the connection. */
    private int writeSome(ByteBuffer line) {
        try {
            return channel.write(line);
        } catch (IOException broken) {
            close();
            return -1;
        }
    }

    private void changeInterest(int operation, boolean wanted) {
        try {
            int before = wanted ? key.interestOpsOr(operation) : key.interestOpsAnd(~operation);
            if (wanted && (before & operation) == 0) {
                key.selector().wakeup();
            }
        } catch (CancelledKeyException closedMeanwhile) {
            // The connection is closed, and its clean-up is on its way.
        }
    }

    private void closeSocket() {
        try {
            channel.close();
        } catch (IOException alreadyGone) {
            // Nothing is left to do for this socket.
        }
    }
}
