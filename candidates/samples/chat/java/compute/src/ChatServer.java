import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

final class ChatServer {
    /** A channel is here while it has members: both change together, inside compute. */
    private final Map<String, Set<Member>> channels = new ConcurrentHashMap<>();
    private final Map<Connection, Member> members = new ConcurrentHashMap<>();
    private final Map<String, Connection> users = new ConcurrentHashMap<>();
    private final Delivery delivery = new Delivery();

    void handleJoinChannels(Connection conn, List<String> names) {
        Member member = memberOf(conn);
        synchronized (member) {
            for (String name : names) {
                if (!conn.isOpen()) {
                    break;
                }
                if (member.channels.add(name)) {
                    channels.compute(name, (key, present) -> {
                        Set<Member> set = present == null ? ConcurrentHashMap.newKeySet() : present;
                        set.add(member);
                        return set;
                    });
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
        for (Member receiver : channels.getOrDefault(message.channel(), Set.of())) {
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
                channels.computeIfPresent(name, (key, set) -> {
                    set.remove(member);
                    return set.isEmpty() ? null : set;
                });
            }
            if (member.username != null) {
                users.remove(member.username, conn);
            }
        }
    }

    void handleNewConnection(Connection conn, String username) {
        Member member = memberOf(conn);
        synchronized (member) {
            if (conn.isOpen()) {
                Connection holder = users.putIfAbsent(username, conn);
                if (holder != null && holder != conn) {
                    throw new IllegalStateException("the name is taken");
                }
                member.username = username;
            }
        }
        leaveIfClosed(conn);
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
