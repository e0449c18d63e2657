package dev.memux.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import picocli.CommandLine;

/** The version that was built. */
final class Version implements CommandLine.IVersionProvider {
  /** The bare number. */
  static String number() {
    try (InputStream in = Version.class.getResourceAsStream("version.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String[] getVersion() {
    return new String[] {"memux " + number(), "Java " + Runtime.version()};
  }
}
