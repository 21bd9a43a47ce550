/** Thrown by a store, it is answered with a status of its own; any other exception becomes a 500. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final int status;

    Refusal(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    /** This node cannot serve the request now: 503. The client may try another node, or again later. */
    static Refusal unavailable(String message) {
        return new Refusal(503, message);
    }

    /** What has not been written yet: 501. */
    static Refusal notWritten() {
        return new Refusal(501, "Not written yet.");
    }
}
