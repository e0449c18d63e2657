package dev.memux.netty;

import java.util.List;

/**
 * The names by which application protocols over QMux are agreed on in TLS. They must not be those
 * of the same protocols over QUIC (QMux §8.1), and while QMux is a draft they tell which one: so
 * {@code h3} is {@code h3qx-02}, as it is elsewhere.
 */
public final class QmuxAlpn {
  private static final String SUFFIX = "qx-02";

  private QmuxAlpn() {}

  /** The name of {@code protocol}, whose name over QUIC it is, over QMux. */
  public static String of(String protocol) {
    return protocol + SUFFIX;
  }

  /** The name over QUIC of what is {@code name} over QMux; other names as they are. */
  public static String protocol(String name) {
    return isQmux(name) ? name.substring(0, name.length() - SUFFIX.length()) : name;
  }

  /** Whether QMux is spoken where {@code name} was agreed on. */
  public static boolean isQmux(String name) {
    return name.endsWith(SUFFIX);
  }

  static List<String> of(List<String> protocols) {
    return protocols.stream().map(QmuxAlpn::of).toList();
  }
}
