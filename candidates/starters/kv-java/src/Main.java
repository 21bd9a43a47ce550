import java.nio.file.Files;
import java.nio.file.Path;

/** Starts one node, as the environment says: NODE, HOST, PORT, PEERS and DATA_DIR. */
final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        String name = environment("NODE", "a");
        Path folder = Files.createDirectories(Path.of(environment("DATA_DIR", "data")));
        Store store = new Store(name, folder, Peer.parse(environment("PEERS", ""), name));
        HttpDoor door = new HttpDoor(store, environment("HOST", "127.0.0.1"), Integer.parseInt(environment("PORT", "7000")));
        try {
            store.start();
        } catch (Throwable problem) {
            problem.printStackTrace();
            System.exit(1);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(store, door)));
        door.serveClients();
    }

    private static void end(Store store, HttpDoor door) {
        try {
            door.close();
            store.stop();
            Runtime.getRuntime().halt(0);
        } catch (Exception problem) {
            problem.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    private static String environment(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }
}
