package dev.memux.cli;

import dev.memux.engine.quic.CongestionControl;
import dev.memux.engine.quic.QuicConfig;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that says how a sender finds out how much the path takes. */
final class CongestionOption {
  @Option(
      names = "--congestion-control",
      paramLabel = "NAME",
      description =
          "How this end finds out how much QUIC's path takes: newreno, cubic or bbr (default:"
              + " cubic).")
  private @Nullable String name;

  CongestionControl control() {
    if (name == null) {
      return QuicConfig.DEFAULT.congestion();
    }
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "newreno" -> CongestionControl.NEW_RENO;
      case "cubic" -> CongestionControl.CUBIC;
      case "bbr" -> CongestionControl.BBR;
      default ->
          throw new CommandFailure(
              ExitCode.USAGE, "--congestion-control must be newreno, cubic or bbr");
    };
  }
}
