import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All state is guarded by this object's own lock. Outboxes are only filled here, so it is never held for long. */
final class ChatServer {
    private final Map<String, Set<Member>> channels = new HashMap<>();
    private final Map<Connection, Member> members = new HashMap<>();
    private final Map<String, Connection> users = new HashMap<>();
    private final Delivery delivery = new Delivery();

    synchronized void handleJoinChannels(Connection conn, List<String> names) {
        if (!conn.isOpen()) {
            return;
        }
        Member member = members.computeIfAbsent(conn, Member::new);
        for (String name : names) {
            channels.computeIfAbsent(name, key -> new HashSet<>()).add(member);
            member.channels.add(name);
        }
    }

    synchronized void handleRequestToSendMessage(Connection conn, Message message) {
        if (delivery.isOverloaded()) {
            conn.replyShed(message);
            return;
        }
        for (Member receiver : channels.getOrDefault(message.channel(), Set.of())) {
            delivery.send(receiver.outbox, message);
        }
    }

    synchronized void handleDisconnect(Connection conn) {
        Member member = members.remove(conn);
        if (member == null) {
            return;
        }
        for (String name : member.channels) {
            Set<Member> set = channels.get(name);
            set.remove(member);
            if (set.isEmpty()) {
                channels.remove(name);
            }
        }
        if (member.username != null) {
            users.remove(member.username, conn);
        }
    }

    synchronized void handleNewConnection(Connection conn, String username) {
        if (!conn.isOpen()) {
            return;
        }
        members.computeIfAbsent(conn, Member::new).username = username;
        Connection older = users.put(username, conn);
        if (older != null && older != conn) {
            older.close();
        }
    }
}
