package dev.memux.netty;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;

/**
 * Address tokens that servers have given, each to be shown once (RFC 9000 §8.1.3), so that the next
 * connection needs no Retry. For any number of threads.
 */
final class TokenCache {
  /** For two connections side by side. */
  static final int MAX_TOKENS_PER_SERVER = 2;

  /** The server that was least recently used is forgotten first. */
  static final int MAX_SERVERS = 256;

  private static final byte[] NO_TOKEN = {};

  private final LinkedHashMap<String, Deque<byte[]>> byServer =
      new LinkedHashMap<>(16, 0.75f, true);

  /** Keeps a token of {@code server}. */
  synchronized void add(String server, byte[] token) {
    Deque<byte[]> tokens = byServer.computeIfAbsent(server, key -> new ArrayDeque<>());
    if (tokens.size() == MAX_TOKENS_PER_SERVER) {
      tokens.removeFirst();
    }
    tokens.addLast(token);
    if (byServer.size() > MAX_SERVERS) {
      byServer.pollFirstEntry();
    }
  }

  /** Takes out the newest token of {@code server}; empty if there is none. */
  synchronized byte[] take(String server) {
    Deque<byte[]> tokens = byServer.get(server);
    if (tokens == null) {
      return NO_TOKEN;
    }
    byte[] newest = tokens.removeLast();
    if (tokens.isEmpty()) {
      byServer.remove(server);
    }
    return newest;
  }
}
