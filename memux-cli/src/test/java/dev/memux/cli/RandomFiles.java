package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Files that no two of which are alike, to be fetched and compared. */
final class RandomFiles {
  private RandomFiles() {}

  /** Writes files and returns their names. */
  static List<String> write(Path folder, int count, int bytes) throws IOException {
    Files.createDirectories(folder);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] content = new byte[bytes];
      new Random(31L * bytes + i).nextBytes(content);
      String name = "file-" + bytes + "-" + i;
      Files.write(folder.resolve(name), content);
      names.add(name);
    }
    return names;
  }

  static void assertSame(Path expected, Path actual, List<String> names) throws IOException {
    for (String name : names) {
      assertEquals(-1, Files.mismatch(expected.resolve(name), actual.resolve(name)), name);
    }
  }
}
