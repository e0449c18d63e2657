package dev.memux.netty;

import dev.memux.tls.TlsSession;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The subprotocols (RFC 6455 §1.9) that stand for QMux over WebSocket: {@code qmux-02} alone, or
 * with the application protocol behind a dot. As long as QMux is a draft its number is part of the
 * name. Each binary message is the frames of one record, without its size.
 */
final class WebSocketProtocol {
  private static final String QMUX = "qmux-02";

  private WebSocketProtocol() {}

  /**
   * @param applicationProtocol empty: nothing is said of it
   */
  static String of(String applicationProtocol) {
    return applicationProtocol.isEmpty() ? QMUX : QMUX + "." + applicationProtocol;
  }

  static List<String> of(List<String> applicationProtocols) {
    return applicationProtocols.stream().map(WebSocketProtocol::of).toList();
  }

  /**
   * What TLS has agreed on, with the application protocol that {@code subprotocol}, made by {@link
   * #of}, stands for: ALPN told but that there is HTTP.
   */
  static @Nullable TlsSession agreed(@Nullable TlsSession tls, String subprotocol) {
    return tls == null
        ? null
        : new TlsSession(
            subprotocol.equals(QMUX) ? "" : subprotocol.substring(QMUX.length() + 1),
            tls.suite(),
            tls.group(),
            tls.serverName(),
            tls.peerCertificates(),
            tls.resumed(),
            tls.earlyData());
  }

  /**
   * The first of ours that the peer has offered.
   *
   * @param offered a Sec-WebSocket-Protocol header, with commas
   * @return null: none
   */
  static @Nullable String select(List<String> applicationProtocols, @Nullable String offered) {
    if (offered == null) {
      return null;
    }
    List<String> names = List.of(offered.strip().split("\\s*,\\s*", -1));
    return of(applicationProtocols).stream().filter(names::contains).findFirst().orElse(null);
  }
}
