import java.util.List;

/** One user's connection. All methods may be called from any thread. Two connections are never equal. */
interface Connection {

    /**
     * Writes one whole message. Blocks while the socket is full.
     *
     * @throws ConnectionClosedException if the connection is closed, or closes while this waits
     */
    void writeMessage(Message message);

    /** Like {@link #writeMessage}, for several messages that travel as one line (a JSON array). */
    void writeMessages(List<Message> messages);

    /**
     * Writes one whole message if the socket has room, and never blocks.
     *
     * @return false if the socket is full and nothing was written
     * @throws ConnectionClosedException if the connection is closed
     */
    boolean tryWriteMessage(Message message);

    /** Like {@link #tryWriteMessage}, for several messages that travel as one line: all of them or none. */
    boolean tryWriteMessages(List<Message> messages);

    /** Tells this user that their {@code message} was dropped on purpose, if it came with an id. Never blocks. */
    void replyShed(Message message);

    /** Closes the connection; {@link ChatServer#handleDisconnect} follows on another thread. Never blocks. */
    void close();

    /** False from the moment the connection closes, which is before {@link ChatServer#handleDisconnect} is called. */
    boolean isOpen();

    /** Thrown by every write to a closed connection. */
    final class ConnectionClosedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        ConnectionClosedException() {
            super("the connection is closed");
        }
    }
}
