import java.nio.charset.StandardCharsets;

/** What a user sends to a channel. Immutable. */
final class Message {
    private final String channel;
    private final String body;
    private final Long id;
    private byte[] json;

    Message(String channel, String body, Long id) {
        this.channel = channel;
        this.body = body;
        this.id = id;
    }

    String channel() {
        return channel;
    }

    String body() {
        return body;
    }

    /** The number that the sender gave to this request, or null: a send needs none. */
    Long id() {
        return id;
    }

    /** The message as receivers get it, without the end of the line. Encoded once for all of them; do not change it. */
    byte[] json() {
        byte[] known = json;
        if (known == null) {
            String text = "{\"type\":\"message\",\"channel\":" + Json.quote(channel) + ",\"body\":" + Json.quote(body) + "}";
            // Two threads may both get here; they compute the same bytes.
            known = text.getBytes(StandardCharsets.UTF_8);
            json = known;
        }
        return known;
    }
}
