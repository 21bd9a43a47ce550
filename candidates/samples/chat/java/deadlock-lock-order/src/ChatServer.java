import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

final class ChatServer {
    private final Map<String, Channel> channels = new ConcurrentHashMap<>();
    private final Map<Connection, Member> members = new ConcurrentHashMap<>();
    private final Delivery delivery = new Delivery();

    void handleJoinChannels(Connection conn, List<String> names) {
        Member member = memberOf(conn);
        List<Channel> locked = new ArrayList<>();
        try {
            for (String name : names) {
                locked.add(lockChannel(name));
            }
            synchronized (member) {
                if (conn.isOpen()) {
                    locked.forEach(channel -> channel.members.add(member));
                    member.channels.addAll(names);
                }
            }
        } finally {
            locked.forEach(channel -> channel.lock.unlock());
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
        for (Member receiver : channel.members) {
            delivery.send(receiver.outbox, message);
        }
    }

    void handleDisconnect(Connection conn) {
        Member member = members.remove(conn);
        if (member == null) {
            return;
        }
        List<String> names;
        synchronized (member) {
            names = List.copyOf(member.channels);
        }
        for (String name : names) {
            Channel channel = lockChannel(name);
            channel.members.remove(member);
            if (channel.members.isEmpty()) {
                channel.closed = true;
                channels.remove(name, channel);
            }
            channel.lock.unlock();
        }
    }

    void handleNewConnection(Connection conn, String username) {
        // Anyone may use any name; nothing depends on it.
    }

    private Channel lockChannel(String name) {
        while (true) {
            Channel channel = channels.computeIfAbsent(name, key -> new Channel());
            channel.lock.lock();
            if (!channel.closed) {
                return channel;
            }
            channel.lock.unlock();
        }
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
