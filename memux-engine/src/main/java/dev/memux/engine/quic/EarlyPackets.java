package dev.memux.engine.quic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Packets that overtook the ones that bring their keys (RFC 9001 §5.7): kept, a few of them, until
 * the keys are there, as each one dropped costs a probe timeout.
 */
final class EarlyPackets {
  /** An initial window (RFC 9002 §7.2); whoever sends more has them sent again. */
  static final int MAX_PACKETS = 10;

  /** Nobody has proved to be the peer yet, and datagrams may be 50 times as large as usual ones. */
  static final int MAX_BYTES = 16 * 1024;

  private int bytes;
  private List<Packet> packets = new ArrayList<>();

  /** One of them, and the ECN codepoint of its datagram. */
  record Packet(byte[] bytes, int ecn) {}

  void add(byte[] datagram, int from, int end, int ecn) {
    if (packets.size() < MAX_PACKETS && bytes + end - from <= MAX_BYTES) {
      bytes += end - from;
      packets.add(new Packet(Arrays.copyOfRange(datagram, from, end), ecn));
    }
  }

  boolean isEmpty() {
    return packets.isEmpty();
  }

  /** Takes all of them. */
  List<Packet> take() {
    List<Packet> taken = packets;
    packets = new ArrayList<>();
    bytes = 0;
    return taken;
  }
}
