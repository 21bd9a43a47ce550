import java.io.IOException;
import java.net.InetSocketAddress;

/** Starts the server on HOST and PORT from the environment. SIGTERM ends it. */
final class Main {
    public static void main(String[] args) throws IOException {
        String host = System.getenv().getOrDefault("HOST", "127.0.0.1");
        int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));
        new TcpServer(new InetSocketAddress(host, port), new ChatServer()).run();
    }
}
