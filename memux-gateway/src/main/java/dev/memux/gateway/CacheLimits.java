package dev.memux.gateway;

/**
 * How much of the served files is kept in memory.
 *
 * @param maxBytes contents and what describes them, together; 0: nothing is kept
 * @param maxFiles how many files, by the paths that they were asked for
 */
public record CacheLimits(long maxBytes, int maxFiles) {
  private static final long MAX_DEFAULT_BYTES = 64 << 20;

  /** What the cache takes of the heap at most where nobody has said. */
  private static final int SHARE_OF_HEAP = 8;

  /** 64 MiB, or an eighth of the heap if that is less, and 10,000 files. */
  public static final CacheLimits DEFAULT =
      new CacheLimits(
          Math.min(MAX_DEFAULT_BYTES, Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP), 10_000);

  /** Each answer is read from its file. */
  public static final CacheLimits NONE = new CacheLimits(0, 0);

  /** Checks. */
  public CacheLimits {
    if (maxBytes < 0 || maxFiles < 0) {
      throw new IllegalArgumentException("a cache of less than nothing");
    }
  }
}
