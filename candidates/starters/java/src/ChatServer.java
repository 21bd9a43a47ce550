import java.util.List;

/**
 * The chat server itself. Everything you write goes here, or into files of your own beside this one.
 *
 * <p>The plumbing calls these methods from a pool of threads. Any of them may run at the same time as any other,
 * also for one and the same connection.
 */
final class ChatServer {

    /** The user behind {@code conn} wants to be in these channels. Once this returns, the join is acknowledged. */
    void handleJoinChannels(Connection conn, List<String> channels) {
        // TODO
    }

    /** The user behind {@code conn} wants all members of {@code message.channel()} to get {@code message}. */
    void handleRequestToSendMessage(Connection conn, Message message) {
        // TODO
    }

    /**
     * The connection has ended, whatever the reason. Called once a connection; {@code conn.isOpen()} is already
     * false, and every write to it throws. Requests of the same connection may still be running.
     */
    void handleDisconnect(Connection conn) {
        // TODO
    }

    /**
     * A follow-up: the user behind {@code conn} has said their name. Once this returns, they are made welcome; an
     * exception refuses them. If you write it, declare what it does as {@code usernames} in candidate.yaml.
     */
    void handleNewConnection(Connection conn, String username) {
        // TODO (optional)
    }
}
