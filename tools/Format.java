import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * Runs google-java-format over every Java source under a folder, in one JVM.
 *
 * <p>The formatter parses with the javac of the JVM it runs in, and Maven may run on an older JDK
 * than the sources need. So the build starts this on the JDK that also compiles: {@code java
 * --class-path ... tools/Format.java check|apply FOLDER KNOWN}. The file KNOWN remembers which
 * contents need no formatting, so that only what changed is looked at.
 */
final class Format {
  public static void main(String[] args) throws Exception {
    boolean check = args[0].equals("check");
    Path folder = Path.of(args[1]);
    Path known = Path.of(args[2]);

    Set<String> formatted =
        Files.exists(known) ? new HashSet<>(Files.readAllLines(known)) : new HashSet<>();
    List<Path> changed = new ArrayList<>();
    for (Path source : sources(folder)) {
      if (!formatted.contains(digest(source))) changed.add(source);
    }
    if (changed.isEmpty()) return;

    Set<Path> unformatted = check ? check(changed) : apply(changed);
    for (Path source : changed) {
      if (!unformatted.contains(source)) formatted.add(digest(source));
    }
    Files.createDirectories(known.toAbsolutePath().getParent());
    Files.write(known, formatted);
    if (!unformatted.isEmpty()) {
      System.err.println("Not formatted; './mvnw -q -P format' formats:");
      changed.stream()
          .filter(unformatted::contains)
          .map(folder::relativize)
          .forEach(System.err::println);
      System.exit(1);
    }
  }

  private static Set<Path> check(List<Path> sources) throws Exception {
    var unformatted = new HashSet<Path>();
    run(List.of("--dry-run"), sources).lines().map(Path::of).forEach(unformatted::add);
    return unformatted;
  }

  private static Set<Path> apply(List<Path> sources) throws Exception {
    run(List.of("--replace"), sources);
    return Set.of();
  }

  /** What the formatter prints; exits if it fails, as on a source that does not parse. */
  private static String run(List<String> options, List<Path> sources) throws Exception {
    var command = new ArrayList<>(options);
    sources.forEach(source -> command.add(source.toString()));
    var out = new StringWriter();
    var err = new PrintWriter(System.err);
    int status =
        new Main(new PrintWriter(out), err, System.in).format(command.toArray(String[]::new));
    err.flush();
    if (status != 0) System.exit(status);
    return out.toString();
  }

  /** Of the content and the formatter, as another version may format differently. */
  private static String digest(Path source) throws IOException, NoSuchAlgorithmException {
    var sha256 = MessageDigest.getInstance("SHA-256");
    sha256.update(
        Main.class.getProtectionDomain().getCodeSource().getLocation().toString().getBytes(UTF_8));
    return HexFormat.of().formatHex(sha256.digest(Files.readAllBytes(source)));
  }

  /** Build output and hidden folders are left out. */
  private static List<Path> sources(Path folder) throws IOException {
    var sources = new ArrayList<Path>();
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes unused) {
            if (directory.equals(folder)) return FileVisitResult.CONTINUE;
            String name = directory.getFileName().toString();
            return name.equals("target") || name.startsWith(".")
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes unused) {
            if (file.toString().endsWith(".java")) sources.add(file);
            return FileVisitResult.CONTINUE;
          }
        });
    return sources;
  }
}
