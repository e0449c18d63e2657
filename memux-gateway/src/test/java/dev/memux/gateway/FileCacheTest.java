package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FileCacheTest {
  private static final Instant MODIFIED = Instant.parse("2026-11-21T08:00:00Z");
  private static final int ANY_NUMBER = 1_000;

  private static CachedFile file(int contentBytes) {
    Representation form =
        Representation.of(
            Path.of("a"),
            ContentCoding.IDENTITY,
            new FileVersion("a", contentBytes, MODIFIED),
            MODIFIED.plusSeconds(60));
    return new CachedFile(
        new FileLookup.Found("text/plain", form, List.of()),
        List.of(new CachedFile.Content(form, new byte[contentBytes])),
        0);
  }

  private static long bytes(int contentBytes) {
    return FileCache.ENTRY_BYTES + 2L + contentBytes; // names have one letter
  }

  @Test
  void countsNamesContentsAndWhatDescribesThem() {
    FileCache cache = new FileCache(new CacheLimits(1 << 20, ANY_NUMBER));
    cache.put("a", file(100));
    cache.put("b", file(200));
    assertEquals(bytes(100) + bytes(200), cache.bytes());
    CachedFile other = file(50);
    cache.put("a", other);
    assertSame(other, cache.get("a"));
    assertEquals(bytes(50) + bytes(200), cache.bytes());
    cache.remove("b");
    cache.remove("c");
    assertEquals(bytes(50), cache.bytes());
    assertEquals(1, cache.size());
  }

  @Test
  void neverHoldsMoreBytesThanItMay() {
    CacheLimits limits = new CacheLimits(20_000, ANY_NUMBER);
    FileCache cache = new FileCache(limits);
    for (int i = 0; i < 500; i++) {
      cache.put("file " + i, file(i * 7 % 3_000));
      assertTrue(cache.bytes() <= limits.maxBytes(), "after " + i);
    }
    assertNotNull(cache.get("file 499"));
    cache.put("file 499", file(30_000)); // one that alone is too large
    assertEquals(0, cache.size());
    assertEquals(0, cache.bytes());
  }

  @Test
  void neverHoldsMoreFilesThanItMay() {
    FileCache cache = new FileCache(new CacheLimits(1 << 20, 3));
    for (int i = 0; i < 100; i++) {
      cache.put("file " + i, file(0));
      assertEquals(Math.min(i + 1, 3), cache.size());
    }
  }

  @Test
  void letsThoseGoFirstThatNobodyAsksFor() {
    FileCache cache = new FileCache(new CacheLimits(1 << 20, 3));
    cache.put("a", file(0));
    cache.put("b", file(0));
    cache.put("c", file(0));
    cache.put("d", file(0)); // all were new: the oldest goes, and the others are judged anew
    assertNull(cache.get("a"));
    assertNotNull(cache.get("b"));
    cache.put("e", file(0));
    assertNotNull(cache.get("b"));
    assertNull(cache.get("c"));
    assertNotNull(cache.get("d"));
  }
}
