import java.util.HashSet;
import java.util.Set;

/** A connection that has joined something. Its fields are guarded by itself. */
final class Member {
    final Outbox outbox;
    final Set<String> channels = new HashSet<>();

    Member(Connection conn) {
        outbox = new Outbox(conn);
    }
}
