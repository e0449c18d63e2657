package dev.memux.http;

import dev.memux.engine.schedule.Priority;
import dev.memux.netty.CarrierType;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A proxy and how to use it in one text, as configurations have it: {@code
 * https://gateway:4433?ca=/etc/gateway.pem&priority=u=2,i}.
 *
 * <ul>
 *   <li>{@code ca=FILE}: trust the certificates in this PEM file, not the JDK's
 *   <li>{@code carrier=quic|tcp|auto}: what carries the connection to the proxy; quic by default
 *   <li>{@code insecure=true}: trust anybody; for tests
 *   <li>{@code priority=}: what connections begin with, as the field of RFC 9218 has it, such as
 *       {@code u=2,i}; incremental in any case if nothing is said
 *   <li>{@code connectTimeout=SECONDS}: how long connecting to the proxy may take; 10 by default
 * </ul>
 *
 * @param session what decides which connection to the proxy is used
 */
record ProxyUrl(Session session, Priority priority) {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /** Whoever agrees on this shares a connection to the proxy. */
  record Session(
      Origin proxy,
      Set<CarrierType> carriers,
      @Nullable Path authorities,
      boolean insecure,
      Duration connectTimeout) {}

  /**
   * @throws IllegalArgumentException with a message for people
   */
  static ProxyUrl parse(String text) {
    RequestUrl url = RequestUrl.parse(text);
    Priority priority = Priority.DEFAULT_INCREMENTAL;
    Set<CarrierType> carriers = Set.of(CarrierType.QUIC);
    @Nullable Path authorities = null;
    boolean insecure = false;
    Duration connectTimeout = CONNECT_TIMEOUT;
    int query = url.path().indexOf('?');
    String options = query < 0 ? "" : url.path().substring(query + 1);
    if (!(query < 0 ? url.path() : url.path().substring(0, query)).equals("/")) {
      throw new IllegalArgumentException(text + ": a proxy has no path");
    }
    for (String option : options.isEmpty() ? new String[0] : options.split("&")) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals);
      String value =
          equals < 0 ? "" : URLDecoder.decode(option.substring(equals + 1), StandardCharsets.UTF_8);
      switch (name) {
        case "ca" -> authorities = Path.of(value);
        case "carrier" -> carriers = carriers(text, value);
        case "insecure" -> insecure = flag(text, name, value);
        case "priority" -> priority = TunnelPriority.parse(value);
        case "connectTimeout" -> connectTimeout = seconds(text, name, value);
        default -> throw new IllegalArgumentException(text + ": '" + name + "' is no option");
      }
    }
    return new ProxyUrl(
        new Session(url.origin(), carriers, authorities, insecure, connectTimeout), priority);
  }

  private static Set<CarrierType> carriers(String text, String value) {
    return switch (value) {
      case "quic" -> Set.of(CarrierType.QUIC);
      case "tcp" -> Set.of(CarrierType.TCP);
      case "auto" -> Set.of(CarrierType.values());
      default -> throw new IllegalArgumentException(text + ": carrier is quic, tcp or auto");
    };
  }

  private static boolean flag(String text, String name, String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(text + ": " + name + " is true or false");
    };
  }

  private static Duration seconds(String text, String name, String value) {
    try {
      long seconds = Long.parseLong(value);
      if (seconds > 0) {
        return Duration.ofSeconds(seconds);
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(text + ": " + name + " is a number of seconds", e);
    }
    throw new IllegalArgumentException(text + ": " + name + " is above 0");
  }
}
