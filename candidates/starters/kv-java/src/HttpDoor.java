import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** HTTP for clients and for other nodes, on one port: finds the key or path, reads the body, calls the store, answers. */
final class HttpDoor {
    private static final String KEY_PREFIX = "/kv/";
    private static final int MAX_KEY_BYTES = 256;
    private static final int MAX_VALUE_BYTES = 1 << 20;
    private static final int THREADS = 256;
    private static final int BACKLOG = 4096;
    private static final long DRAIN_MS = 2000;

    private final Store store;
    private final HttpServer server;
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile boolean servesClients;
    private volatile boolean ending;

    HttpDoor(Store store, String host, int port) throws IOException {
        this.store = store;
        server = HttpServer.create(new InetSocketAddress(host, port), BACKLOG);
        var threads = new ThreadPoolExecutor(THREADS, THREADS, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
        threads.allowCoreThreadTimeOut(true);
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        server.start();
    }

    void serveClients() {
        servesClients = true;
    }

    /** Ends: what comes from now on is refused, what is under way is waited for, but not for ever. */
    void close() throws InterruptedException {
        ending = true;
        long deadline = System.nanoTime() + DRAIN_MS * 1_000_000;
        while (underWay.get() > 0 && System.nanoTime() < deadline) Thread.sleep(5);
    }

    private void serve(HttpExchange exchange) {
        underWay.incrementAndGet();
        try {
            if (ending) throw Refusal.unavailable("This node is ending.");
            route(exchange);
        } catch (Refusal refusal) {
            refuse(exchange, refusal);
        } catch (BrokenBody broken) {
            refuse(exchange, new Refusal(400, "Expected the whole body."));
        } catch (IOException | RuntimeException problem) {
            problem.printStackTrace();
            refuse(exchange, new Refusal(500, "The request failed."));
        } finally {
            exchange.close();
            underWay.decrementAndGet();
        }
    }

    private void route(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().toString();
        String method = exchange.getRequestMethod();
        if (path.startsWith(KEY_PREFIX)) {
            serveKey(exchange, method, path.substring(KEY_PREFIX.length()));
        } else if (path.startsWith(Peer.PREFIX)) {
            servePeer(exchange, method, path.substring(Peer.PREFIX.length()));
        } else {
            if (!path.equals("/health")) throw new Refusal(404, "Expected /kv/{key} or /health.");
            if (!method.equals("GET")) throw new Refusal(405, "Expected GET.");
            if (!servesClients) throw Refusal.unavailable("This node is starting.");
            answer(exchange, 200, new byte[0]);
        }
    }

    private void serveKey(HttpExchange exchange, String method, String encoded) throws IOException {
        String key = parseKey(encoded);
        if (!method.equals("GET") && !method.equals("PUT") && !method.equals("DELETE")) throw new Refusal(405, "Expected GET, PUT or DELETE.");
        if (!servesClients) throw Refusal.unavailable("This node is starting.");
        if (method.equals("GET")) {
            byte[] value = store.get(key);
            if (value == null) throw new Refusal(404, "No such key.");
            answer(exchange, 200, value);
            return;
        }
        if (method.equals("PUT")) store.set(key, readBody(exchange, MAX_VALUE_BYTES));
        else store.delete(key);
        answer(exchange, 204, new byte[0]);
    }

    private void servePeer(HttpExchange exchange, String method, String path) throws IOException {
        if (!path.matches("[a-z-]+")) throw new Refusal(404, "Expected a path of small letters.");
        if (!method.equals("POST")) throw new Refusal(405, "Expected POST.");
        answer(exchange, 200, store.handlePeer(path, readBody(exchange, Peer.MAX_MESSAGE_BYTES)));
    }

    private static byte[] readBody(HttpExchange exchange, int limit) throws BrokenBody {
        Refusal tooLong = new Refusal(413, "Expected at most " + limit + " bytes.");
        String length = exchange.getRequestHeaders().getFirst("Content-Length");
        if (length != null && Long.parseLong(length) > limit) throw tooLong;
        try {
            InputStream body = exchange.getRequestBody();
            byte[] bytes = body.readNBytes(limit + 1);
            if (bytes.length > limit) throw tooLong;
            return bytes;
        } catch (IOException problem) {
            throw new BrokenBody(problem);
        }
    }

    private static String parseKey(String encoded) {
        ByteBuffer bytes = decode(encoded);
        if (bytes == null || !bytes.hasRemaining()) throw new Refusal(400, "Expected /kv/ and a percent-encoded key in UTF-8.");
        if (bytes.remaining() > MAX_KEY_BYTES) throw new Refusal(414, "Expected a key of at most " + MAX_KEY_BYTES + " bytes.");
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException notUtf8) {
            throw new Refusal(400, "Expected /kv/ and a percent-encoded key in UTF-8.");
        }
    }

    private static ByteBuffer decode(String encoded) {
        byte[] from = encoded.getBytes(StandardCharsets.UTF_8);
        ByteBuffer to = ByteBuffer.allocate(from.length);
        for (int at = 0; at < from.length; at++) {
            if (from[at] == '/' || from[at] == '?' || from[at] == '#') return null;
            if (from[at] != '%') {
                to.put(from[at]);
                continue;
            }
            int high = at + 2 < from.length ? Character.digit(from[at + 1], 16) : -1;
            int low = at + 2 < from.length ? Character.digit(from[at + 2], 16) : -1;
            if (high < 0 || low < 0) return null;
            to.put((byte) (high * 16 + low));
            at += 2;
        }
        return to.flip();
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length == 0) return;
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private static void refuse(HttpExchange exchange, Refusal refusal) {
        try {
            answer(exchange, refusal.status, (refusal.getMessage() + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException gone) {
            // There is nobody left to tell.
        }
    }

    /** The client broke off, or its chunks are no chunks. */
    private static final class BrokenBody extends IOException {
        private static final long serialVersionUID = 1L;

        BrokenBody(IOException cause) {
            super(cause);
        }
    }
}
