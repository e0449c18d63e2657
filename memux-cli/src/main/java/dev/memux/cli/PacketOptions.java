package dev.memux.cli;

import dev.memux.engine.quic.QuicConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how large packets are. */
final class PacketOptions {
  @Option(
      names = "--packet-bytes",
      paramLabel = "N",
      description =
          "The UDP payload of a full packet that this end sends, 1200 to 65507 (default: what the"
              + " path turns out to take).")
  private @Nullable Integer bytes;

  QuicConfig apply(QuicConfig config) {
    if (bytes == null) {
      return config;
    }
    try {
      return config.withMaxDatagramBytes(bytes);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--packet-bytes must be 1200 to 65507");
    }
  }
}
