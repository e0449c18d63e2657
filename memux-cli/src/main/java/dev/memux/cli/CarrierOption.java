package dev.memux.cli;

import dev.memux.netty.CarrierType;
import picocli.CommandLine.Option;

/** What carries a client's connections. */
final class CarrierOption {
  @Option(
      names = "--carrier",
      paramLabel = "quic|tcp",
      defaultValue = "quic",
      description =
          "quic, or tcp for networks that let no UDP through: the same streams over TLS and TCP"
              + " (default: ${DEFAULT-VALUE}).")
  private CarrierType type = CarrierType.QUIC;

  CarrierType type() {
    return type;
  }
}
