import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Another node of the cluster, as this one reaches it. */
final class Peer {
    static final String PREFIX = "/peer/";
    static final int MAX_MESSAGE_BYTES = 64 << 20;
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();

    final String name;
    private final String url;

    private Peer(String name, String address) {
        this.name = name;
        this.url = "http://" + address + PREFIX;
    }

    /**
     * Sends a message to the peer's {@code handlePeer} and returns its answer. The path is yours to choose: small letters
     * and "-".
     *
     * @throws IOException when the peer cannot be reached, does not answer within two seconds, or answers with an error
     */
    byte[] ask(String path, byte[] message) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path)).POST(HttpRequest.BodyPublishers.ofByteArray(message)).build();
        var answer = CLIENT.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray());
        try {
            HttpResponse<byte[]> response = answer.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (response.statusCode() != 200) throw new IOException(name + " answered " + response.statusCode());
            return response.body();
        } catch (TimeoutException late) {
            answer.cancel(true);
            throw new IOException(name + " did not answer in time");
        } catch (ExecutionException failed) {
            throw new IOException(name + ": " + failed.getCause(), failed.getCause());
        } catch (InterruptedException interrupted) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    /** The peers in a list such as {@code a=127.0.0.2:7000,b=127.0.0.3:7000}, without the node itself. */
    static List<Peer> parse(String list, String ownName) {
        List<Peer> peers = new ArrayList<>();
        for (String item : list.split(",")) {
            if (item.isBlank()) continue;
            String[] parts = item.strip().split("=", 2);
            if (parts.length != 2) throw new IllegalArgumentException("Expected PEERS to be name=host:port,..., got " + item);
            if (!parts[0].equals(ownName)) peers.add(new Peer(parts[0], parts[1]));
        }
        return peers;
    }
}
