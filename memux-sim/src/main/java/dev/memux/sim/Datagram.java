package dev.memux.sim;

import java.net.InetSocketAddress;

/**
 * Opaque bytes from one address to another. Nobody changes {@code payload}: copies that a link
 * makes share it, a corrupted copy has its own.
 *
 * @param id counts the datagrams sent on a network, from 0; copies keep their original's
 * @param ecn the ECN codepoint of its IP header (RFC 3168 §5)
 */
public record Datagram(
    long id, InetSocketAddress source, InetSocketAddress destination, byte[] payload, int ecn) {

  /** One that is not ECN-capable. */
  public Datagram(
      long id, InetSocketAddress source, InetSocketAddress destination, byte[] payload) {
    this(id, source, destination, payload, 0);
  }

  public int bytes() {
    return payload.length;
  }

  Datagram withPayload(byte[] other) {
    return new Datagram(id, source, destination, other, ecn);
  }

  Datagram withEcn(int codepoint) {
    return codepoint == ecn ? this : new Datagram(id, source, destination, payload, codepoint);
  }

  @Override
  public String toString() {
    return "#" + id + " " + source + " > " + destination + " " + payload.length + " B";
  }
}
