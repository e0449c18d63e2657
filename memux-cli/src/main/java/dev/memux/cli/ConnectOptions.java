package dev.memux.cli;

import dev.memux.gateway.ConnectConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say where tunnels (CONNECT) may lead, and how many there may be. */
final class ConnectOptions {
  @Option(
      names = "--connect-allow",
      paramLabel = "HOST:PORTS",
      description =
          "Let clients have tunnels (CONNECT) there; may be given several times. HOST is a name,"
              + " *.DOMAIN, *, an address or a range (10.0.0.0/8, [2001:db8::/32]); PORTS is N, N-M"
              + " or *. Names do not lead to this machine or its link, and patterns of names not"
              + " into private networks, unless an address rule says so, or the name is localhost"
              + " (default: no tunnels).")
  private List<String> allowed = List.of();

  @Option(
      names = "--connect-target",
      paramLabel = "NAME=HOST:PORT",
      description =
          "Let clients have tunnels to this backend by that name, whatever port they say; may be"
              + " given several times.")
  private List<String> targets = List.of();

  @Option(
      names = "--connect-limit",
      paramLabel = "TARGET=N",
      description =
          "Have at most N connections to TARGET (a name, or HOST:PORT) at a time. Other tunnels to"
              + " it wait, the most urgent first, then the client with the fewest; may be given"
              + " several times.")
  private List<String> limits = List.of();

  @Option(
      names = "--connect-queue",
      paramLabel = "N",
      description =
          "How many tunnels may wait for a connection to one target; then 503 (default: 10000).")
  private @Nullable Integer waiting;

  @Option(
      names = "--connect-queue-timeout",
      paramLabel = "SECONDS",
      description = "How long a tunnel may wait for that; then 504 (default: 60).")
  private @Nullable Double queueSeconds;

  @Option(
      names = "--connect-timeout",
      paramLabel = "SECONDS",
      description = "How long resolving and connecting may take; then 504 (default: 10).")
  private @Nullable Double connectSeconds;

  @Option(
      names = "--connect-idle-timeout",
      paramLabel = "SECONDS",
      description = "How long nothing may move in a tunnel; then it is reset (default: 3600).")
  private @Nullable Double idleSeconds;

  @Option(
      names = "--connect-tunnels",
      paramLabel = "N",
      description = "Tunnels at a time, those included that wait; then 503 (default: 20000).")
  private @Nullable Integer tunnels;

  /** Where tunnels may lead, or null if there are none. */
  @Nullable ConnectConfig connect() {
    if (allowed.isEmpty() && targets.isEmpty()) {
      if (!limits.isEmpty()
          || waiting != null
          || queueSeconds != null
          || connectSeconds != null
          || idleSeconds != null
          || tunnels != null) {
        throw new CommandFailure(
            ExitCode.USAGE, "there is no --connect-allow or --connect-target that options are for");
      }
      return null;
    }
    ConnectConfig.Builder config =
        ConnectConfig.builder()
            .queueTimeout(
                Seconds.of(
                    "--connect-queue-timeout", queueSeconds, ConnectConfig.DEFAULT_QUEUE_TIMEOUT))
            .connectTimeout(
                Seconds.of(
                    "--connect-timeout", connectSeconds, ConnectConfig.DEFAULT_CONNECT_TIMEOUT))
            .idleTimeout(
                Seconds.of(
                    "--connect-idle-timeout", idleSeconds, ConnectConfig.DEFAULT_IDLE_TIMEOUT));
    try {
      allowed.forEach(config::allow);
      targets.forEach(config::target);
      limits.forEach(config::limit);
      config.bounds(
          tunnels == null ? ConnectConfig.DEFAULT_MAX_TUNNELS : tunnels,
          waiting == null ? ConnectConfig.DEFAULT_MAX_WAITING : waiting);
      return config.build();
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--connect-...: " + e.getMessage());
    }
  }
}
