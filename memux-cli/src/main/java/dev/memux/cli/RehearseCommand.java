package dev.memux.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;

/**
 * {@code memux rehearse}: serves and fetches once, so that the JVM sees what either loads. The
 * script that starts memux records it in the JVM's cache (JEP 514); nobody else has use for it.
 */
@Command(
    name = "rehearse",
    hidden = true,
    description = "Serve and fetch once, for the start-up cache of the memux script.")
final class RehearseCommand implements Callable<Integer> {
  private static final long PATIENCE_SECONDS = 30;

  @Override
  public Integer call() throws Exception {
    Announcement announcement = new Announcement();
    System.setOut(new PrintStream(announcement, true, StandardCharsets.UTF_8));
    // It ends with the process.
    Thread.ofPlatform().daemon().start(() -> Main.run("gateway", "--listen=127.0.0.1:0"));
    String url = announcement.url.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    return Main.run("get", "--json", url, url + "style.css");
  }

  /** Takes what would be printed; waits for the gateway to say where it is. */
  private static final class Announcement extends OutputStream {
    private static final Pattern URL = Pattern.compile(" at (https://\\S+)\\s");

    final CompletableFuture<String> url = new CompletableFuture<>();
    private final StringBuilder said = new StringBuilder();

    @Override
    public synchronized void write(int b) {
      said.append((char) b);
      if (b == '\n' && !url.isDone()) {
        Matcher found = URL.matcher(said);
        if (found.find()) {
          url.complete(found.group(1));
        }
      }
    }
  }
}
