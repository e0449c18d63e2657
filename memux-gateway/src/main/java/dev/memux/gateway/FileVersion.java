package dev.memux.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * By what the file system tells one content of a file from another.
 *
 * @param key which file it is, whatever its name; null where the system does not say
 */
record FileVersion(@Nullable Object key, long sizeBytes, Instant modified) {
  /** The version that a path names now; null if that is no file, or nothing. Blocks. */
  static @Nullable FileVersion of(Path path) throws IOException {
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return null;
    }
    // To open a pipe would wait for its other end.
    return attributes.isRegularFile()
        ? new FileVersion(
            attributes.fileKey(), attributes.size(), attributes.lastModifiedTime().toInstant())
        : null;
  }

  /** Whether the other is of another file, as far as the system says. */
  boolean isOtherFile(FileVersion other) {
    return key != null && other.key != null && !key.equals(other.key);
  }
}
