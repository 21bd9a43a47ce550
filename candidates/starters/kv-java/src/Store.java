import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The store of one node. Everything you write goes here, or into files of your own beside this one.
 *
 * <p>The plumbing calls these methods from a pool of threads: any may run at the same time as any other, and as itself.
 */
final class Store {
    private final String name;
    private final Path folder;
    private final List<Peer> peers;

    /** {@code name}: this node's. {@code folder}: where it may keep files; it exists. {@code peers}: the others, up or not. */
    Store(String name, Path folder, List<Peer> peers) {
        this.name = name;
        this.folder = folder;
        this.peers = peers;
    }

    /** Called once. Clients get 503 until it has returned; other nodes reach {@code handlePeer} from the beginning. */
    void start() throws IOException {
        // TODO: load what was saved, and get what the others have.
    }

    /** The value of a key, or null where there is none. */
    byte[] get(String key) throws IOException {
        throw Refusal.notWritten(); // TODO
    }

    /** Once this returns, the client is told that the value is stored. */
    void set(String key, byte[] value) throws IOException {
        throw Refusal.notWritten(); // TODO
    }

    /** Once this returns, the client is told that the key is gone. */
    void delete(String key) throws IOException {
        throw Refusal.notWritten(); // TODO
    }

    /** Another node has called {@code peer.ask(path, message)} on us; what this returns is its answer. */
    byte[] handlePeer(String path, byte[] message) throws IOException {
        throw Refusal.notWritten(); // TODO
    }

    /** The node is told to end (SIGTERM). No request is under way any more, and none will come. */
    void stop() throws IOException {
        // TODO: save what is not saved yet.
    }
}
