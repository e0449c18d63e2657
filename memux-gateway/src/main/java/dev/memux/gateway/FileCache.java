package dev.memux.gateway;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Files by the paths that they were asked for, within limits: who has not been asked for since the
 * last round has to go first (second chance). Any thread; to look one up takes no lock.
 */
final class FileCache {
  /** About what an entry takes without its name and contents: paths, versions and tags. */
  static final int ENTRY_BYTES = 2048;

  private final CacheLimits limits;
  private final Map<String, Entry> byName = new ConcurrentHashMap<>();

  /** In the order in which they are judged. Guarded by this. */
  private final Set<Entry> order = new LinkedHashSet<>();

  /** Guarded by this. */
  private long bytes;

  FileCache(CacheLimits limits) {
    this.limits = limits;
  }

  /** What is kept under that name, or null. */
  @Nullable CachedFile get(String name) {
    Entry entry = byName.get(name);
    if (entry == null) {
      return null;
    }
    if (!entry.used) { // written once a round, not by all threads all the time
      entry.used = true;
    }
    return entry.file;
  }

  /** Keeps a file, in place of an earlier one of that name; others may have to go for it. */
  synchronized void put(String name, CachedFile file) {
    Entry entry = byName.get(name);
    if (entry == null) {
      entry = new Entry(name, file);
      byName.put(name, entry);
      order.add(entry);
    } else {
      bytes -= entry.bytes();
      entry.file = file;
    }
    bytes += entry.bytes();
    evict();
  }

  synchronized void remove(String name) {
    Entry entry = byName.remove(name);
    if (entry != null) {
      order.remove(entry);
      bytes -= entry.bytes();
    }
  }

  /** What all of it takes. */
  synchronized long bytes() {
    return bytes;
  }

  synchronized int size() {
    return order.size();
  }

  private void evict() {
    while (bytes > limits.maxBytes() || order.size() > limits.maxFiles()) {
      Iterator<Entry> first = order.iterator();
      Entry entry = first.next();
      first.remove();
      if (entry.used) {
        entry.used = false;
        order.add(entry);
      } else {
        byName.remove(entry.name);
        bytes -= entry.bytes();
      }
    }
  }

  private static final class Entry {
    final String name;

    /** Written under the lock. */
    volatile CachedFile file;

    volatile boolean used;

    Entry(String name, CachedFile file) {
      this.name = name;
      this.file = file;
      used = true; // or newcomers would have to go before all that are asked for again
    }

    long bytes() {
      return ENTRY_BYTES + 2L * name.length() + file.contentBytes();
    }
  }
}
