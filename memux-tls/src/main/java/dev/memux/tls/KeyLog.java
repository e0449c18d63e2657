package dev.memux.tls;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Takes the secrets of connections, so that a captured connection can be decrypted (Wireshark); for
 * debugging only. Called on the threads of the handshakes, many at once.
 */
@FunctionalInterface
public interface KeyLog {
  /** One line of the NSS key log format (RFC 9850), without its line end. */
  void log(String line);

  /**
   * Appends to a file, as {@code SSLKEYLOGFILE} is used elsewhere.
   *
   * @throws UncheckedIOException from {@link #log} if the file cannot be written
   */
  static KeyLog toFile(Path file) {
    Object lock = new Object();
    return line -> {
      synchronized (lock) {
        try {
          Files.writeString(
              file,
              line + "\n",
              StandardCharsets.US_ASCII,
              StandardOpenOption.CREATE,
              StandardOpenOption.APPEND);
        } catch (IOException e) {
          throw new UncheckedIOException("cannot write the key log " + file, e);
        }
      }
    };
  }
}
