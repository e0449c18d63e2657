package dev.memux.netty;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a server accepts WebSockets for.
 *
 * @param path of the resource, such as {@code /qmux}; a query may follow, and means nothing
 * @param applicationProtocols whose sessions they may carry, the preferred one first; the client
 *     asks for one by the subprotocol {@code qmux-02.} and its name, and for the empty one by
 *     {@code qmux-02}
 * @param origin decides, by the Origin header, from which pages browsers may come (RFC 6455 §10.2);
 *     it gets null from who is no browser
 */
public record WebSocketConfig(
    String path, List<String> applicationProtocols, Predicate<@Nullable String> origin) {
  /**
   * @throws IllegalArgumentException if the path is none, or there is no application protocol
   */
  public WebSocketConfig {
    applicationProtocols = List.copyOf(applicationProtocols);
    if (!path.startsWith("/") || applicationProtocols.isEmpty()) {
      throw new IllegalArgumentException("path " + path + ", protocols " + applicationProtocols);
    }
  }
}
