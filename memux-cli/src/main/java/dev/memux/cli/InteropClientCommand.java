package dev.memux.cli;

import dev.memux.http.Origin;
import dev.memux.http.RequestUrl;
import dev.memux.netty.IoTransport;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code memux interop client}: fetches what it is asked to. */
@Command(
    name = "client",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = {"Fetch the URLs of REQUESTS as the QUIC interop runner asks.", ""},
    description = {
      "",
      "Whose certificate it is, is not asked: this is for tests, with what they have made up.",
      ""
    })
final class InteropClientCommand implements Callable<Integer> {
  private static final String REQUESTS = "REQUESTS";
  private static final long CLOSE_MILLIS = 1_000;

  @Option(
      names = "--downloads",
      paramLabel = "FOLDER",
      defaultValue = "/downloads",
      description = "Where files go (default: ${DEFAULT-VALUE}).")
  private Path downloads = Path.of("");

  @Mixin private InteropOptions options = new InteropOptions();

  @Override
  public Integer call() {
    Diagnostics.configure(options.verbose());
    InteropCase testCase = options.testCase();
    List<RequestUrl> urls = urls();
    EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(1);
    try {
      Files.createDirectories(downloads);
      new InteropClient(group, testCase, options.applicationProtocol(testCase), downloads)
          .fetch(urls);
      return ExitCode.OK;
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILURE, String.valueOf(e.getMessage()));
    } finally {
      group
          .shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS)
          .awaitUninterruptibly(CLOSE_MILLIS);
    }
  }

  private static List<RequestUrl> urls() {
    String requests = System.getenv(REQUESTS);
    if (requests == null || requests.isBlank()) {
      throw new CommandFailure(ExitCode.USAGE, REQUESTS + " names no URL");
    }
    List<RequestUrl> urls =
        Stream.of(requests.strip().split("\\s+")).map(InteropClientCommand::parse).toList();
    Origin origin = urls.getFirst().origin();
    if (!urls.stream().allMatch(url -> url.origin().equals(origin))) {
      throw new CommandFailure(ExitCode.USAGE, REQUESTS + " names several servers");
    }
    return urls;
  }

  private static RequestUrl parse(String text) {
    try {
      return RequestUrl.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }
}
