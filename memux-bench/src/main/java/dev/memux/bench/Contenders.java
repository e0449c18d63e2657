package dev.memux.bench;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** All there are, by the names that the command line has for them. */
final class Contenders {
  /** What the others' figures are divided by. */
  static final String REFERENCE = "netty-native";

  private static final int SMALL_PACKET_BYTES = 1200;

  private static final Map<String, Contender> ALL = new LinkedHashMap<>();

  static {
    ALL.put("memux", new MemuxContender());
    ALL.put("memux-netty", new NettyQuicContender(new MemuxStack(), 0));
    ALL.put(REFERENCE, new NettyQuicContender(new NativeStack(), 0));
    ALL.put(
        REFERENCE + "-" + SMALL_PACKET_BYTES,
        new NettyQuicContender(new NativeStack(), SMALL_PACKET_BYTES));
    ALL.put("tls-jdk", new TlsContender());
    ALL.put("tls-netty", new NettyTlsContender());
    ALL.put("kwik", new KwikContender());
  }

  private Contenders() {}

  static Map<String, Contender> all() {
    return Collections.unmodifiableMap(ALL);
  }

  static Contender of(String name) {
    Contender contender = ALL.get(name);
    if (contender == null) {
      throw new IllegalArgumentException(name + " is none of " + String.join(", ", ALL.keySet()));
    }
    return contender;
  }
}
