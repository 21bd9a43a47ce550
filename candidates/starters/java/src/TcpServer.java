import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * One thread accepts, reads and cuts the bytes into lines; a pool of threads runs the requests. Other threads hand work
 * to the reading thread through {@link #onSelectorThread}.
 */
final class TcpServer {
    private static final int BACKLOG = 4096;
    private static final int HANDLER_THREADS = 32;
    private static final int READ_BUFFER_BYTES = 64 * 1024;
    /** How long accepting rests after it failed, as it does at the descriptor limit. */
    private static final long ACCEPT_REST_MS = 50;

    private final Selector selector = Selector.open();
    private final ServerSocketChannel listener = ServerSocketChannel.open();
    private final ExecutorService handlers = Executors.newFixedThreadPool(HANDLER_THREADS);
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Queue<TcpConnection> withLines = new ArrayDeque<>();
    private final List<Runnable> ready = new ArrayList<>();
    private final ByteBuffer readBuffer = ByteBuffer.allocateDirect(READ_BUFFER_BYTES);
    private final Requests requests;
    private final SelectionKey acceptKey;
    private long acceptAgainAtMs = Long.MAX_VALUE;

    TcpServer(InetSocketAddress address, ChatServer chat) throws IOException {
        requests = new Requests(chat);
        listener.bind(address, BACKLOG);
        listener.configureBlocking(false);
        acceptKey = listener.register(selector, SelectionKey.OP_ACCEPT);
    }

    void run() throws IOException {
        while (true) {
            selector.select(this::serve, acceptAgainAtMs == Long.MAX_VALUE ? 0 : ACCEPT_REST_MS);
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
            }
            handOverRequests();
            if (System.currentTimeMillis() >= acceptAgainAtMs) {
                acceptAgainAtMs = Long.MAX_VALUE;
                acceptKey.interestOps(SelectionKey.OP_ACCEPT);
            }
        }
    }

    /** Runs a task soon on the thread that reads. */
    void onSelectorThread(Runnable task) {
        tasks.add(task);
        selector.wakeup();
    }

    /** On the selector's thread: this connection may have complete lines. */
    void hasLines(TcpConnection connection) {
        withLines.add(connection);
    }

    void handleDisconnect(TcpConnection connection) {
        handlers.execute(() -> requests.handleDisconnect(connection));
    }

    private void serve(SelectionKey key) {
        if (key == acceptKey) {
            accept();
            return;
        }
        TcpConnection connection = (TcpConnection) key.attachment();
        if (key.isValid() && key.isWritable()) {
            connection.continueWriting();
            connection.continueReading();
        }
        if (key.isValid() && key.isReadable()) {
            connection.read(readBuffer);
        }
    }

    /** One request of each connection in turn, so that whoever pipelines does not hold up the others. */
    private void handOverRequests() {
        for (TcpConnection connection = withLines.poll(); connection != null; connection = withLines.poll()) {
            byte[] line = connection.nextRequest();
            if (line != null) {
                TcpConnection sender = connection;
                ready.add(() -> handle(sender, line));
                withLines.add(connection);
            }
        }
        ready.forEach(handlers::execute);
        ready.clear();
    }

    private void handle(TcpConnection connection, byte[] line) {
        try {
            requests.handle(connection, line);
        } finally {
            connection.finishRequest();
        }
    }

    private void accept() {
        try {
            for (SocketChannel channel = listener.accept(); channel != null; channel = listener.accept()) {
                open(channel);
            }
        } catch (IOException noMoreDescriptors) {
            acceptKey.interestOps(0);
            acceptAgainAtMs = System.currentTimeMillis() + ACCEPT_REST_MS;
        }
    }

    private void open(SocketChannel channel) throws IOException {
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            key.attach(new TcpConnection(this, channel, key));
        } catch (IOException alreadyGone) {
            channel.close();
        }
    }
}
