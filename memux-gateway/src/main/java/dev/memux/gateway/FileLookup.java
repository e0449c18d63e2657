package dev.memux.gateway;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** Finds the file that a path names, and never one outside the root. Blocks. */
final class FileLookup {
  private static final String INDEX = "index.html";

  private final Path root;

  FileLookup(Path root) throws IOException {
    this.root = root.toRealPath();
    if (!Files.isDirectory(this.root)) {
      throw new NotDirectoryException(root.toString());
    }
  }

  /** What a path names. */
  sealed interface Result {}

  /** Nothing, or nothing that is served. */
  record Missing() implements Result {}

  /** A folder, named without its slash. */
  record Folder() implements Result {}

  /** A file, open. Whoever receives it closes the channel. */
  record Found(FileChannel channel, long sizeBytes, String contentType, Validators validators)
      implements Result {}

  Result find(RequestPath path) throws IOException {
    Path real = resolve(path);
    if (real == null) {
      return new Missing();
    }
    if (Files.isDirectory(real, LinkOption.NOFOLLOW_LINKS)) {
      return path.folder() ? findIndex(real) : new Folder();
    }
    return path.folder() ? new Missing() : open(real);
  }

  private Result findIndex(Path folder) throws IOException {
    Path real = real(folder.resolve(INDEX));
    return real == null ? new Missing() : open(real);
  }

  private @Nullable Path resolve(RequestPath path) throws IOException {
    Path file = root;
    try {
      for (String segment : path.segments()) {
        file = file.resolve(segment);
      }
    } catch (InvalidPathException e) {
      return null;
    }
    return real(file);
  }

  /** Where all links end; null if that is nowhere or outside the root. */
  private @Nullable Path real(Path file) throws IOException {
    try {
      // Links are followed here, once; what is opened later is the place where they end.
      Path real = file.toRealPath();
      return real.startsWith(root) ? real : null;
    } catch (AccessDeniedException e) {
      throw e;
    } catch (FileSystemException e) {
      return null; // does not exist, a file taken for a folder, links in a circle, a name too long
    }
  }

  private static Result open(Path real) throws IOException {
    BasicFileAttributes attributes =
        Files.readAttributes(real, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isRegularFile()) {
      return new Missing(); // to open a pipe would wait for its other end
    }
    FileChannel channel =
        FileChannel.open(real, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    long sizeBytes = channel.size();
    return new Found(
        channel,
        sizeBytes,
        ContentType.of(real.getFileName().toString()),
        Validators.ofFile(sizeBytes, attributes.lastModifiedTime().toInstant()));
  }
}
