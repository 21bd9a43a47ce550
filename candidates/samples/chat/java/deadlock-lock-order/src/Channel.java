import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** The members of one channel. They change under its lock. */
final class Channel {
    final ReentrantLock lock = new ReentrantLock();
    final Set<Member> members = ConcurrentHashMap.newKeySet();
    /** Set once the last member has left; another channel of that name may be in use by then. */
    boolean closed;
}
