package dev.memux.http;

import io.netty.handler.codec.quic.QuicStreamPriority;

/**
 * What a request says before its body (RFC 9114 §4.3.1).
 *
 * @param path path and query as sent, percent-encoded
 */
public record RequestHead(
    String method, String scheme, String authority, String path, HttpFields fields) {
  static final String CONNECT = "CONNECT";

  /** A request for a tunnel to {@code authority}, a host and a port (RFC 9110 §9.3.6). */
  public static RequestHead connect(String authority) {
    return new RequestHead(CONNECT, "", authority, "", new HttpFields());
  }

  /** Whether a tunnel is asked for. */
  public boolean isConnect() {
    return method.equals(CONNECT);
  }

  /**
   * Whether it does no harm if an attacker repeats the request (RFC 8470 §4): GET and HEAD change
   * nothing (RFC 9110 §9.2.1).
   */
  boolean isReplaySafe() {
    return method.equals("GET") || method.equals("HEAD");
  }

  /** The same with another priority field (RFC 9218 §5). */
  RequestHead withPriority(QuicStreamPriority priority) {
    HttpFields others = new HttpFields();
    fields.forEach(others::add);
    others.remove(PriorityField.NAME);
    if (!priority.equals(PriorityField.DEFAULT)) {
      others.add(PriorityField.NAME, PriorityField.format(priority));
    }
    return new RequestHead(method, scheme, authority, path, others);
  }

  /** A GET without further fields. */
  public static RequestHead get(String authority, String path) {
    return new RequestHead("GET", "https", authority, path, new HttpFields());
  }
}
