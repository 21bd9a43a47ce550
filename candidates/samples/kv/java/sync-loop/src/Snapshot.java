import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.function.BiConsumer;

/** The node's file: how many entries, then the entries. */
final class Snapshot {
    private final Path path;
    private final Path temporary;

    Snapshot(Path folder) {
        path = folder.resolve("snapshot");
        temporary = folder.resolve("snapshot.new");
    }

    void load(BiConsumer<String, Entry> take) throws IOException {
        if (!Files.exists(path)) return;
        try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(path), 1 << 20))) {
            for (int left = in.readInt(); left > 0; left--) {
                String key = Entry.readText(in);
                take.accept(key, Entry.read(in));
            }
        }
    }

    /** The new file takes the place of the old one once it is on disk as a whole. */
    void save(Map<String, Entry> entries) throws IOException {
        try (var file = new FileOutputStream(temporary.toFile())) {
            var out = new DataOutputStream(new BufferedOutputStream(file, 1 << 20));
            out.writeInt(entries.size());
            for (var item : entries.entrySet()) Entry.write(out, item.getKey(), item.getValue());
            out.flush();
            file.getFD().sync();
        }
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
