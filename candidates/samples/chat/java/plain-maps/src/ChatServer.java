import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

final class ChatServer {
    private final Map<String, Set<Member>> channels = new HashMap<>();
    private final Map<Connection, Member> members = new HashMap<>();
    private final Delivery delivery = new Delivery();

    void handleJoinChannels(Connection conn, List<String> names) {
        Member member = members.computeIfAbsent(conn, Member::new);
        for (String name : names) {
            channels.computeIfAbsent(name, key -> new HashSet<>()).add(member);
            member.channels.add(name);
        }
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
        for (String name : member.channels) {
            Set<Member> set = channels.get(name);
            if (set != null) {
                set.remove(member);
                if (set.isEmpty()) {
                    channels.remove(name);
                }
            }
        }
    }

    void handleNewConnection(Connection conn, String username) {
        // Anyone may use any name; nothing depends on it.
    }
}
