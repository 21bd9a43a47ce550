import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Some of the channels, under one lock. */
final class Shard {
    private final Map<String, Set<Member>> channels = new HashMap<>();

    synchronized void join(String channel, Member member) {
        channels.computeIfAbsent(channel, key -> new HashSet<>()).add(member);
    }

    synchronized void leave(String channel, Member member) {
        Set<Member> members = channels.get(channel);
        if (members != null && members.remove(member) && members.isEmpty()) {
            channels.remove(channel);
        }
    }

    synchronized List<Member> members(String channel) {
        return new ArrayList<>(channels.getOrDefault(channel, Set.of()));
    }
}
