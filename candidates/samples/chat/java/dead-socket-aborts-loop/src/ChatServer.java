import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

final class ChatServer {
    /** A channel is here while it has members: both change together, inside compute. */
    private final Map<String, Set<Connection>> channels = new ConcurrentHashMap<>();
    /** The channels of each connection; a set is guarded by itself. */
    private final Map<Connection, Set<String>> joined = new ConcurrentHashMap<>();

    void handleJoinChannels(Connection conn, List<String> names) {
        Set<String> mine = joined.computeIfAbsent(conn, key -> new HashSet<>());
        synchronized (mine) {
            for (String name : names) {
                if (conn.isOpen() && mine.add(name)) {
                    channels.compute(name, (key, present) -> {
                        Set<Connection> members = present == null ? ConcurrentHashMap.newKeySet() : present;
                        members.add(conn);
                        return members;
                    });
                }
            }
        }
        if (!conn.isOpen()) {
            handleDisconnect(conn);
        }
    }

    void handleRequestToSendMessage(Connection conn, Message message) {
        for (Connection receiver : channels.getOrDefault(message.channel(), Set.of())) {
            receiver.writeMessage(message);
        }
    }

    void handleDisconnect(Connection conn) {
        Set<String> mine = joined.remove(conn);
        if (mine == null) {
            return;
        }
        synchronized (mine) {
            for (String name : mine) {
                channels.computeIfPresent(name, (key, members) -> {
                    members.remove(conn);
                    return members.isEmpty() ? null : members;
                });
            }
        }
    }

    void handleNewConnection(Connection conn, String username) {
        // Anyone may use any name; nothing depends on it.
    }
}
