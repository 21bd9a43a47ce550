import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** A channel, with an id of its own for the operators. */
final class Channel {
    final UUID id = UUID.randomUUID();
    private final Set<Member> members = new HashSet<>();

    synchronized void add(Member member) {
        members.add(member);
    }

    synchronized void remove(Member member) {
        members.remove(member);
    }

    synchronized List<Member> members() {
        return new ArrayList<>(members);
    }
}
