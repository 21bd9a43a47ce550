import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** A channel, with an id of its own for the operators. */
final class Channel {
    final UUID id = UUID.randomUUID();
    final Set<Member> members = ConcurrentHashMap.newKeySet();
}
