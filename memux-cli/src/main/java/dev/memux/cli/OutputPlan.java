package dev.memux.cli;

import dev.memux.http.RequestUrl;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides where the body of each URL goes. */
final class OutputPlan {
  private static final String INDEX = "index.html";

  private OutputPlan() {}

  /**
   * An output for each URL.
   *
   * @param option what was given with {@code -o}, or null
   * @param json whether standard output is taken by figures
   * @throws CommandFailure if the outputs would get in each other's way
   */
  static List<Output> of(List<RequestUrl> urls, @Nullable String option, boolean json) {
    if (option == null) {
      if (json) {
        return urls.stream().<Output>map(url -> new Output.Discarded()).toList();
      }
      requireOne(urls, "several URLs need a folder: -o FOLDER");
      return List.of(new Output.ToStandardOutput());
    }
    if (option.equals("-")) {
      if (json) {
        throw usage("--json and -o - would both write to standard output");
      }
      requireOne(urls, "several URLs need a folder, not standard output");
      return List.of(new Output.ToStandardOutput());
    }
    return files(urls, option);
  }

  private static List<Output> files(List<RequestUrl> urls, String option) {
    Path path = path(option);
    boolean folder = option.endsWith("/") || Files.isDirectory(path);
    if (!folder && urls.size() == 1) {
      return List.of(new Output.ToFile(path));
    }
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw usage("several URLs need a folder, and " + option + " is not one");
    }
    List<Output> outputs = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (RequestUrl url : urls) {
      String name = name(url);
      if (!taken.add(name)) {
        throw usage("two of the URLs would be written to " + path.resolve(name));
      }
      outputs.add(new Output.ToFile(path.resolve(name)));
    }
    return outputs;
  }

  private static String name(RequestUrl url) {
    String name = url.fileName();
    // A URL must not choose a folder other than the one that was named.
    if (name.equals(".") || name.equals("..")) {
      throw usage(url.text() + ": its last part is no file name");
    }
    return name.isEmpty() ? INDEX : name;
  }

  private static Path path(String option) {
    try {
      return Path.of(option);
    } catch (InvalidPathException e) {
      throw usage(option + ": " + e.getReason());
    }
  }

  private static void requireOne(List<RequestUrl> urls, String message) {
    if (urls.size() > 1) {
      throw usage(message);
    }
  }

  private static CommandFailure usage(String message) {
    return new CommandFailure(ExitCode.USAGE, message);
  }
}
