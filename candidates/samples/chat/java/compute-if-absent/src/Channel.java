import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The members of one channel. Once the last has left, the channel is closed for good. */
final class Channel {
    final Set<Member> members = ConcurrentHashMap.newKeySet();
    private boolean closed;

    /** Returns false if the channel has closed, and a new one has to be made. */
    synchronized boolean add(Member member) {
        if (closed) {
            return false;
        }
        members.add(member);
        return true;
    }

    /** Returns true if that was the last member. */
    synchronized boolean remove(Member member) {
        members.remove(member);
        closed = members.isEmpty();
        return closed;
    }
}
