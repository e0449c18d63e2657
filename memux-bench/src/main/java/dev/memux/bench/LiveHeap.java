package dev.memux.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is left of another JVM's heap after a collection. */
final class LiveHeap {
  private static final Pattern TOTAL = Pattern.compile("(?m)^Total\\s+(\\d+)\\s+(\\d+)");

  private LiveHeap() {}

  /** Has it collect, and adds up the objects that live. */
  static long bytes(long process) throws IOException {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    Process asking =
        new ProcessBuilder(jcmd.toString(), Long.toString(process), "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    return parse(new String(asking.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
  }

  static long parse(String histogram) throws IOException {
    Matcher total = TOTAL.matcher(histogram);
    if (!total.find()) {
      throw new IOException("no histogram: " + histogram.lines().findFirst().orElse("nothing"));
    }
    return Long.parseLong(total.group(2));
  }
}
