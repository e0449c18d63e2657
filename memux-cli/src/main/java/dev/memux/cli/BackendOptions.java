package dev.memux.cli;

import dev.memux.gateway.Backend;
import dev.memux.http.Http1ClientConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say who answers instead of the gateway, and how patient it is with them. */
final class BackendOptions {
  @Option(
      names = "--backend",
      paramLabel = "URL",
      description =
          "Let the HTTP/1.1 server at http://HOST:PORT answer all requests, instead of serving"
              + " files. It learns who asks from Forwarded; what clients send as Forwarded,"
              + " X-Forwarded-* or X-Real-IP is dropped.")
  private @Nullable String url;

  @Option(
      names = "--backend-early-data",
      description =
          "The backend understands Early-Data and answers 425 (RFC 8470): let it have GET and HEAD"
              + " that come as early data (0-RTT) and may be replays. Without this no early data is"
              + " taken.")
  private boolean takesEarlyData;

  @Option(
      names = "--backend-connections",
      paramLabel = "N",
      description = "Connections to the backend at a time (default: 256).")
  private @Nullable Integer connections;

  @Option(
      names = "--backend-connect-timeout",
      paramLabel = "SECONDS",
      description = "How long connecting to the backend may take; then 504 (default: 5).")
  private @Nullable Double connectSeconds;

  @Option(
      names = "--backend-queue-timeout",
      paramLabel = "SECONDS",
      description = "How long a request waits for a free connection; then 504 (default: 30).")
  private @Nullable Double queueSeconds;

  @Option(
      names = "--backend-timeout",
      paramLabel = "SECONDS",
      description =
          "How long the backend may be silent: before its response, then 504; or within it, then"
              + " the response is cut off (default: 60).")
  private @Nullable Double responseSeconds;

  /** The backend, or null if there is none. */
  @Nullable Backend backend() {
    if (url == null) {
      if (takesEarlyData
          || connections != null
          || connectSeconds != null
          || queueSeconds != null
          || responseSeconds != null) {
        throw new CommandFailure(ExitCode.USAGE, "there is no --backend that the options are for");
      }
      return null;
    }
    try {
      return Backend.parse(url, config()).withEarlyData(takesEarlyData);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--backend " + e.getMessage());
    }
  }

  private Http1ClientConfig config() {
    Http1ClientConfig defaults = Http1ClientConfig.DEFAULT;
    int limit = connections == null ? defaults.maxConnections() : connections;
    if (limit < 1) {
      throw new CommandFailure(ExitCode.USAGE, "--backend-connections must be at least 1");
    }
    return defaults
        .withLimits(limit, defaults.maxWaiting())
        .withTimeouts(
            Seconds.of("--backend-queue-timeout", queueSeconds, defaults.queueTimeout()),
            Seconds.of("--backend-connect-timeout", connectSeconds, defaults.connectTimeout()),
            Seconds.of("--backend-timeout", responseSeconds, defaults.responseTimeout()));
  }
}
