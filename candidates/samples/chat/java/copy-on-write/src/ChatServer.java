import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

final class ChatServer {
    private static final Member[] NOBODY = new Member[0];

    /** No array is ever changed: whoever holds one may walk over it without a lock. */
    private final Map<String, Member[]> channels = new ConcurrentHashMap<>();
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
                    channels.compute(name, (key, present) -> with(present == null ? NOBODY : present, member));
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
        for (Member receiver : channels.getOrDefault(message.channel(), NOBODY)) {
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
                channels.computeIfPresent(name, (key, present) -> without(present, member));
            }
        }
    }

    void handleNewConnection(Connection conn, String username) {
        // Anyone may use any name; nothing depends on it.
    }

    private static Member[] with(Member[] present, Member member) {
        Member[] more = Arrays.copyOf(present, present.length + 1);
        more[present.length] = member;
        return more;
    }

    private static Member[] without(Member[] present, Member member) {
        Member[] fewer = Arrays.stream(present).filter(other -> other != member).toArray(Member[]::new);
        return fewer.length == 0 ? null : fewer;
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
