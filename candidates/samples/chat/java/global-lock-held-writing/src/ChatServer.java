import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

final class ChatServer {
    private final Map<String, Set<Connection>> channels = new HashMap<>();
    private final Map<Connection, Set<String>> joined = new HashMap<>();

    synchronized void handleJoinChannels(Connection conn, List<String> names) {
        if (!conn.isOpen()) {
            return;
        }
        for (String name : names) {
            channels.computeIfAbsent(name, key -> new HashSet<>()).add(conn);
            joined.computeIfAbsent(conn, key -> new HashSet<>()).add(name);
        }
    }

    synchronized void handleRequestToSendMessage(Connection conn, Message message) {
        for (Connection receiver : channels.getOrDefault(message.channel(), Set.of())) {
            try {
                receiver.writeMessage(message);
            } catch (Connection.ConnectionClosedException left) {
                // It is being cleaned up; the others still get the message.
            }
        }
    }

    synchronized void handleDisconnect(Connection conn) {
        Set<String> mine = joined.remove(conn);
        if (mine == null) {
            return;
        }
        for (String name : mine) {
            Set<Connection> members = channels.get(name);
            members.remove(conn);
            if (members.isEmpty()) {
                channels.remove(name);
            }
        }
    }

    void handleNewConnection(Connection conn, String username) {
        // Anyone may use any name; nothing depends on it.
    }
}
