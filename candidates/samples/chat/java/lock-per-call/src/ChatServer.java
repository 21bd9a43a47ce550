import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

final class ChatServer {
    private final Map<String, Channel> channels = Collections.synchronizedMap(new HashMap<>());
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
                    Channel channel = channels.get(name);
                    if (channel == null) {
                        channel = new Channel();
                        channels.put(name, channel);
                    }
                    channel.add(member);
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
        Channel channel = channels.get(message.channel());
        if (channel == null) {
            return;
        }
        for (Member receiver : channel.members()) {
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
                channels.get(name).remove(member);
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
