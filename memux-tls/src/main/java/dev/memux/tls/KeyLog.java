package dev.memux.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Takes the secrets of connections, so that a captured connection can be decrypted (Wireshark); for
 * debugging only. Called on the threads of the handshakes, many at once; must not throw.
 */
@FunctionalInterface
public interface KeyLog {
  /** One line of the NSS key log format (RFC 9850), without its line end. */
  void log(String line);

  /**
   * Appends to a file, as {@code SSLKEYLOGFILE} is used elsewhere; where the file system knows
   * owners, a new file is its owner's only. A line that cannot be written is lost with a warning:
   * debugging must not break connections.
   *
   * @throws IOException if the file cannot be created or opened
   */
  static KeyLog toFile(Path file) throws IOException {
    if (Files.notExists(file)) {
      boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
      if (posix) {
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      } else {
        Files.createFile(file);
      }
    }
    append(file, "");
    Object lock = new Object();
    return line -> {
      synchronized (lock) {
        try {
          append(file, line + "\n");
        } catch (IOException e) {
          System.getLogger(KeyLog.class.getName())
              .log(System.Logger.Level.WARNING, "cannot write the key log " + file + ": " + e);
        }
      }
    };
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardCharsets.US_ASCII, StandardOpenOption.APPEND);
  }
}
