import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * What is kept of a key: its newest value, or the fact that it was deleted (null), and when that was, in microseconds by
 * the hybrid clock of the node that took the write.
 */
record Entry(long time, String origin, byte[] value) {

    boolean isNewerThan(Entry other) {
        if (other == null || time != other.time) return other == null || time > other.time;
        return origin.compareTo(other.origin) > 0;
    }

    int length() {
        return value == null ? 0 : value.length;
    }

    static void write(DataOutputStream out, String key, Entry entry) throws IOException {
        writeText(out, key);
        out.writeLong(entry.time);
        writeText(out, entry.origin);
        out.writeInt(entry.value == null ? -1 : entry.value.length);
        if (entry.value != null) out.write(entry.value);
    }

    /** Reads what follows the key. */
    static Entry read(DataInputStream in) throws IOException {
        long time = in.readLong();
        String origin = readText(in);
        int length = in.readInt();
        return new Entry(time, origin, length < 0 ? null : in.readNBytes(length));
    }

    static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeShort(bytes.length);
        out.write(bytes);
    }

    static String readText(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readUnsignedShort()), StandardCharsets.UTF_8);
    }
}
