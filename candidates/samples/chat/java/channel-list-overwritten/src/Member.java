import java.util.Set;

/** A connection that has joined something. */
final class Member {
    final Outbox outbox;
    /** Never changed, only replaced. */
    volatile Set<String> channels = Set.of();

    Member(Connection conn) {
        outbox = new Outbox(conn);
    }
}
