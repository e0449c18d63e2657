import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs google-java-format over every Java source under a folder, in one JVM.
 *
 * <p>The formatter parses with the javac of the JVM it runs in, and Maven may run on an older JDK
 * than the sources need. So the build starts this on the JDK that also compiles: {@code java
 * --class-path ... tools/Format.java check|apply FOLDER}.
 */
final class Format {
  public static void main(String[] args) throws Exception {
    boolean check = args[0].equals("check");
    Path folder = Path.of(args[1]);
    var command = new ArrayList<String>();
    command.addAll(check ? List.of("--dry-run", "--set-exit-if-changed") : List.of("--replace"));
    for (Path source : sources(folder)) command.add(source.toString());

    var unformatted = new StringWriter();
    int status =
        new Main(new PrintWriter(unformatted), new PrintWriter(System.err, true), System.in)
            .format(command.toArray(String[]::new));
    if (!unformatted.toString().isEmpty()) {
      System.err.println("Not formatted; './mvnw -q -P format' formats:");
      unformatted
          .toString()
          .lines()
          .map(file -> folder.relativize(Path.of(file)))
          .forEach(System.err::println);
    }
    System.exit(status);
  }

  /** Build output and hidden folders are left out. */
  private static List<Path> sources(Path folder) throws IOException {
    var sources = new ArrayList<Path>();
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes unused) {
            String name = directory.getFileName().toString();
            boolean skipped =
                !directory.equals(folder) && (name.equals("target") || name.startsWith("."));
            return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
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
