import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

final class ChatServer {
    private final Map<String, Set<Member>> channels = Collections.synchronizedMap(new HashMap<>());
    private final Map<Connection, Member> members = new ConcurrentHashMap<>();
    private final Delivery delivery = new Delivery();

    void handleJoinChannels(Connection conn, List<String> names) {
        Member member = memberOf(conn);
        synchronized (member) {
            for (String name : names) {
                if (!conn.isOpen()) {
                    break;
                }
                if (member.channels.add(name)) {
                    Set<Member> set = channels.get(name);
                    if (set == null) {
                        set = Collections.synchronizedSet(new HashSet<>());
                        channels.put(name, set);
                    }
                    set.add(member);
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
        // Copied in one synchronized call, so that joins do not disturb the loop.
        for (Member receiver : new ArrayList<>(channels.getOrDefault(message.channel(), Set.of()))) {
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
                Set<Member> set = channels.get(name);
                if (set != null) {
                    set.remove(member);
                }
            }
        }
    }

    void handleNewConnection(Connection conn, String username) {
        // Anyone may use any name; nothing depends on it.
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
