package dev.memux.sim;

import java.net.InetSocketAddress;

/**
 * Opaque bytes from one address to another. Nobody changes {@code payload}: copies that a link
 * makes share it, a corrupted copy has its own.
 *
 * @param id counts the datagrams sent on a network, from 0; copies keep their original's
 */
public record Datagram(
    long id, InetSocketAddress source, InetSocketAddress destination, byte[] payload) {

  public int bytes() {
    return payload.length;
  }

  Datagram withPayload(byte[] other) {
    return new Datagram(id, source, destination, other);
  }

  @Override
  public String toString() {
    return "#" + id + " " + source + " > " + destination + " " + payload.length + " B";
  }
}
