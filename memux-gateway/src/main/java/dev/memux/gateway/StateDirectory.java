package dev.memux.gateway;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where memux keeps what is the user's alone; only the user may read it. */
public final class StateDirectory {
  private static final Set<PosixFilePermission> OWNER_ONLY_FOLDER =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> OWNER_ONLY_FILE =
      PosixFilePermissions.fromString("rw-------");

  private final Path path;

  private StateDirectory(Path path) {
    this.path = path;
  }

  /** A state directory at a place of the caller's choice; made when first written to. */
  public static StateDirectory at(Path path) {
    return new StateDirectory(path);
  }

  /** This user's state directory as the operating system's customs have it. */
  public static StateDirectory ofUser() {
    return at(
        locate(System.getenv(), System.getProperty("os.name"), System.getProperty("user.home")));
  }

  /** For what can be lost without harm: this user's cache directory. */
  public static StateDirectory cacheOfUser() {
    return at(
        locateCache(
            System.getenv(), System.getProperty("os.name"), System.getProperty("user.home")));
  }

  /** The directory itself; it need not exist. */
  public Path path() {
    return path;
  }

  static Path locate(Map<String, String> environment, String system, String home) {
    String name = system.toLowerCase(Locale.ROOT);
    if (name.startsWith("windows")) {
      String local = environment.get("LOCALAPPDATA");
      Path base = local == null ? Path.of(home, "AppData", "Local") : Path.of(local);
      return base.resolve("memux");
    }
    if (name.startsWith("mac")) {
      return Path.of(home, "Library", "Application Support", "memux");
    }
    @Nullable String state = environment.get("XDG_STATE_HOME");
    // XDG Base Directory Specification: a path that is not absolute is to be ignored.
    if (state != null && Path.of(state).isAbsolute()) {
      return Path.of(state, "memux");
    }
    return Path.of(home, ".local", "state", "memux");
  }

  static Path locateCache(Map<String, String> environment, String system, String home) {
    String name = system.toLowerCase(Locale.ROOT);
    if (name.startsWith("windows")) {
      return locate(environment, system, home).resolve("Cache");
    }
    if (name.startsWith("mac")) {
      return Path.of(home, "Library", "Caches", "memux");
    }
    @Nullable String cache = environment.get("XDG_CACHE_HOME");
    if (cache != null && Path.of(cache).isAbsolute()) {
      return Path.of(cache, "memux");
    }
    return Path.of(home, ".cache", "memux");
  }

  /** Creates the directory if there is none. */
  public void create() throws IOException {
    Files.createDirectories(path, attributes(OWNER_ONLY_FOLDER));
  }

  /** Replaces a file as a whole: whoever reads it sees the old content or the new one. */
  public void write(String name, byte[] content) throws IOException {
    Path temporary = Files.createTempFile(path, name, ".new", attributes(OWNER_ONLY_FILE));
    try {
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        ByteBuffer rest = ByteBuffer.wrap(content);
        while (rest.hasRemaining()) {
          channel.write(rest);
        }
        channel.force(true);
      }
      Files.move(
          temporary,
          path.resolve(name),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Takes away what others were allowed to do with a file, where the file system knows of it. */
  void restrict(String name) throws IOException {
    if (isPosix()) {
      Files.setPosixFilePermissions(path.resolve(name), OWNER_ONLY_FILE);
    }
  }

  private static FileAttribute<?>[] attributes(Set<PosixFilePermission> permissions) {
    return isPosix()
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  }
}
