import java.nio.ByteBuffer;
import java.util.Arrays;

/** Cuts a stream of bytes into lines, wherever the network has cut it. */
final class LineSplitter {
    private static final int MAX_LINE_BYTES = 1024 * 1024;
    private static final byte[] NOTHING = new byte[0];

    private byte[] bytes = NOTHING;
    private int start;
    private int end;
    /** No line ends between start and here, so no byte is looked at twice. */
    private int searched;

    void add(ByteBuffer more) {
        int count = more.remaining();
        if (end + count > bytes.length) {
            makeRoom(count);
        }
        more.get(bytes, end, count);
        end += count;
    }

    /** Takes the next complete line, without its end, or null. */
    byte[] next() {
        while (searched < end && bytes[searched] != '\n') {
            searched++;
        }
        if (searched == end || searched - start > MAX_LINE_BYTES) {
            return null;
        }
        byte[] line = Arrays.copyOfRange(bytes, start, searched);
        start = ++searched;
        if (start == end) {
            // An idle connection keeps no buffer.
            bytes = NOTHING;
            start = end = searched = 0;
        }
        return line;
    }

    /** True once the line at hand is longer than the limit; it will never be taken. */
    boolean isTooLong() {
        return searched - start > MAX_LINE_BYTES;
    }

    private void makeRoom(int count) {
        int held = end - start;
        int needed = held + count;
        byte[] roomier = needed > bytes.length ? new byte[Math.max(needed, held * 2)] : bytes;
        System.arraycopy(bytes, start, roomier, 0, held);
        bytes = roomier;
        searched -= start;
        start = 0;
        end = held;
    }
}
