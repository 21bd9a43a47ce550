import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads a client's lines as requests, calls the chat server, and answers. */
final class Requests {
    private static final long MAX_ID = (1L << 53) - 1;

    private final ChatServer chat;

    Requests(ChatServer chat) {
        this.chat = chat;
    }

    void handle(TcpConnection connection, byte[] line) {
        if (line.length == 0) {
            return;
        }
        Long id = null;
        try {
            Map<?, ?> request = parse(line);
            id = id(request);
            serve(connection, request, id);
        } catch (BadRequestException | Json.IllegalJsonException theirs) {
            connection.reply(error(theirs, id));
        } catch (RuntimeException | StackOverflowError ours) {
            ours.printStackTrace();
            connection.reply(error(ours, id));
        }
    }

    void handleDisconnect(TcpConnection connection) {
        try {
            chat.handleDisconnect(connection);
        } catch (RuntimeException failure) {
            failure.printStackTrace();
        }
    }

    private void serve(TcpConnection connection, Map<?, ?> request, Long id) {
        String type = text(request, "type");
        switch (type) {
            case "join":
                requireId(id);
                chat.handleJoinChannels(connection, texts(request, "channels"));
                connection.reply("{\"type\":\"joined\",\"id\":" + id + "}");
                break;
            case "send":
                chat.handleRequestToSendMessage(connection, new Message(text(request, "channel"), text(request, "body"), id));
                break;
            case "hello":
                requireId(id);
                chat.handleNewConnection(connection, text(request, "username"));
                connection.reply("{\"type\":\"welcome\",\"id\":" + id + "}");
                break;
            default:
                // Types that are not known are ignored, so that clients may be newer than the server.
        }
    }

    private static Map<?, ?> parse(byte[] line) {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
            if (Json.parse(text) instanceof Map<?, ?> request) {
                return request;
            }
            throw new BadRequestException("Expected a JSON object");
        } catch (CharacterCodingException notUtf8) {
            throw new BadRequestException("Expected UTF-8");
        }
    }

    private static Long id(Map<?, ?> request) {
        if (request.get("id") instanceof Double id && id >= 0 && id <= MAX_ID && id == Math.rint(id)) {
            return id.longValue();
        }
        return null;
    }

    private static void requireId(Long id) {
        if (id == null) {
            throw new BadRequestException("Expected id to be a whole number from 0 to 2^53-1");
        }
    }

    private static String text(Map<?, ?> request, String field) {
        if (request.get(field) instanceof String text) {
            return text;
        }
        throw new BadRequestException("Expected " + field + " to be a string");
    }

    private static List<String> texts(Map<?, ?> request, String field) {
        if (!(request.get(field) instanceof List<?> values)) {
            throw new BadRequestException("Expected " + field + " to be a list of strings");
        }
        List<String> texts = new ArrayList<>(values.size());
        for (Object value : values) {
            if (!(value instanceof String text)) {
                throw new BadRequestException("Expected " + field + " to be a list of strings");
            }
            texts.add(text);
        }
        return texts;
    }

    private static String error(Throwable failure, Long id) {
        String message = Json.quote(String.valueOf(failure.getMessage()));
        return "{\"type\":\"error\",\"message\":" + message + (id == null ? "" : ",\"id\":" + id) + "}";
    }

    private static final class BadRequestException extends RuntimeException {
        private static final long serialVersionUID = 1;

        BadRequestException(String message) {
            super(message, null, false, false);
        }
    }
}
