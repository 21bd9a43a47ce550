import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

final class ChatServer {
    private static final int SHARDS = 64;

    private final Shard[] shards = new Shard[SHARDS];
    private final Map<Connection, Member> members = new ConcurrentHashMap<>();
    private final Delivery delivery = new Delivery();

    ChatServer() {
        Arrays.setAll(shards, index -> new Shard());
    }

    void handleJoinChannels(Connection conn, List<String> names) {
        Member member = memberOf(conn);
        synchronized (member) {
            for (String name : names) {
                if (!conn.isOpen()) {
                    break;
                }
                if (member.channels.add(name)) {
                    shardOf(name).join(name, member);
                }
            }
        }
        leaveIfClosed(conn);
    }

    void handleRequestToSendMessage(Connection conn, Message message) {
        if (delivery.isOverloaded()) {
            conn.replyShed(message);
            return;
        }
        for (Member receiver : shardOf(message.channel()).members(message.channel())) {
            delivery.send(receiver.outbox, message);
        }
    }

    void handleDisconnect(Connection conn) {
        Member member = members.remove(conn);
        if (member == null) {
            return;
        }
        synchronized (member) {
            for (String name : member.channels) {
                shardOf(name).leave(name, member);
            }
        }
    }

    void handleNewConnection(Connection conn, String username) {
        // Anyone may use any name; nothing depends on it.
    }

    private Shard shardOf(String channel) {
        return shards[Math.floorMod(channel.hashCode(), SHARDS)];
    }

    private Member memberOf(Connection conn) {
        return members.computeIfAbsent(conn, Member::new);
    }

    /** A request may outlast its connection's clean-up, and must not leave anything behind then. */
    private void leaveIfClosed(Connection conn) {
        if (!conn.isOpen()) {
            handleDisconnect(conn);
        }
    }
}
