package dev.memux.gateway;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

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
    try {
      Path file = root;
      for (String segment : path.segments()) {
        file = file.resolve(segment);
      }
      // Links are followed here, once; what is opened below is the place where they end.
      Path real = file.toRealPath();
      if (!real.startsWith(root)) {
        return new Missing();
      }
      if (Files.isDirectory(real, LinkOption.NOFOLLOW_LINKS)) {
        return path.folder() ? findIndex(real) : new Folder();
      }
      return path.folder() ? new Missing() : open(real);
    } catch (InvalidPathException
        | NoSuchFileException
        | NotDirectoryException
        | FileSystemLoopException e) {
      return new Missing();
    }
  }

  private Result findIndex(Path folder) throws IOException {
    Path real = folder.resolve(INDEX).toRealPath();
    return real.startsWith(root) ? open(real) : new Missing();
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
