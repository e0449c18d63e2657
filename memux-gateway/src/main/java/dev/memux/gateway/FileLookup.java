package dev.memux.gateway;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the file that a path names, and never one outside the root; opens none. Blocks. */
final class FileLookup {
  private static final String INDEX = "index.html";

  private final Path root;
  private final InstantSource clock;

  FileLookup(Path root, InstantSource clock) throws IOException {
    this.clock = clock;
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

  /**
   * A file, and the files beside it that hold it coded.
   *
   * @param coded never older than the file: what is older is of an earlier version of it
   */
  record Found(String contentType, Representation identity, List<Representation> coded)
      implements Result {
    /** A copy of {@code coded}. */
    Found {
      coded = List.copyOf(coded);
    }

    /** All that there is to choose from. */
    Stream<Representation> all() {
      return Stream.concat(Stream.of(identity), coded.stream());
    }
  }

  Result find(RequestPath path) throws IOException {
    Path real = resolve(path);
    if (real == null) {
      return new Missing();
    }
    if (Files.isDirectory(real, LinkOption.NOFOLLOW_LINKS)) {
      return path.folder() ? findIndex(real) : new Folder();
    }
    return path.folder() ? new Missing() : describe(real);
  }

  private Result findIndex(Path folder) throws IOException {
    Path real = real(folder.resolve(INDEX));
    return real == null ? new Missing() : describe(real);
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

  private Result describe(Path real) throws IOException {
    FileVersion version = FileVersion.of(real);
    if (version == null) {
      return new Missing();
    }
    Instant now = clock.instant();
    Representation identity = Representation.of(real, ContentCoding.IDENTITY, version, now);
    String name = real.getFileName().toString();
    List<Representation> coded = new ArrayList<>();
    for (ContentCoding coding : ContentCoding.CODED) {
      Path beside = real(real.resolveSibling(name + coding.suffix()));
      FileVersion other = beside == null ? null : FileVersion.of(beside);
      if (beside != null
          && other != null
          && !other.modified().isBefore(version.modified())
          && Files.isReadable(beside)) {
        coded.add(Representation.of(beside, coding, other, now));
      }
    }
    return new Found(ContentType.of(name), identity, coded);
  }
}
