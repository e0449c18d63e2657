package dev.memux.cli;

import dev.memux.netty.CarrierType;
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.Option;

/** What carries a client's connections. */
final class CarrierOption {
  private enum Choice {
    QUIC,
    TCP,
    AUTO
  }

  @Option(
      names = "--carrier",
      paramLabel = "quic|tcp|auto",
      defaultValue = "quic",
      description =
          "quic; tcp for networks that let no UDP through: the same streams over TLS and TCP; or"
              + " auto: quic with a head start, tcp where that does not come through (default:"
              + " ${DEFAULT-VALUE}).")
  private Choice choice = Choice.QUIC;

  Set<CarrierType> types() {
    return switch (choice) {
      case QUIC -> EnumSet.of(CarrierType.QUIC);
      case TCP -> EnumSet.of(CarrierType.TCP);
      case AUTO -> EnumSet.allOf(CarrierType.class);
    };
  }
}
