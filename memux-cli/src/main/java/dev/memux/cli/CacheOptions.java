package dev.memux.cli;

import dev.memux.gateway.CacheLimits;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how much of the served files the gateway keeps in memory. */
final class CacheOptions {
  @Option(
      names = "--cache",
      paramLabel = "SIZE",
      description =
          "Keep small files of --root in memory, up to so much in all, such as 256MiB; 0B: none"
              + " (default: 64MiB, or an eighth of the heap if that is less). Changes are seen"
              + " within 0.1 s.")
  private @Nullable String size;

  @Option(
      names = "--cache-files",
      paramLabel = "N",
      description = "How many files at most (default: 10000).")
  private @Nullable Integer files;

  /**
   * What they say.
   *
   * @param root whether there are files that they can be for
   */
  CacheLimits limits(boolean root) {
    if (!root && (size != null || files != null)) {
      throw new CommandFailure(ExitCode.USAGE, "there is no --root that the options are for");
    }
    CacheLimits defaults = CacheLimits.DEFAULT;
    int maxFiles = files == null ? defaults.maxFiles() : files;
    if (maxFiles < 0) {
      throw new CommandFailure(ExitCode.USAGE, "--cache-files must be at least 0");
    }
    try {
      return new CacheLimits(size == null ? defaults.maxBytes() : Quantity.bytes(size), maxFiles);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--cache " + e.getMessage());
    }
  }
}
