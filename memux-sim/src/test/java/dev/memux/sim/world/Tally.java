package dev.memux.sim.world;

import dev.memux.engine.wire.FrameType;
import dev.memux.sim.Datagram;
import dev.memux.sim.DropReason;
import dev.memux.sim.NetworkObserver;
import dev.memux.sim.quic.TappedFrame;
import dev.memux.sim.quic.TappedPacket;
import dev.memux.sim.quic.WireListener;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Counts what happens, so that worlds in which nothing much does are noticed. */
final class Tally implements NetworkObserver, WireListener {
  /** What so many worlds as a build runs must have seen. */
  static final List<String> EXPECTED =
      Stream.of(
              "STREAM",
              "CRYPTO",
              "ACK",
              FrameType.RESET_STREAM.name(),
              FrameType.RESET_STREAM_AT.name(),
              FrameType.DATAGRAM.name(),
              FrameType.STOP_SENDING.name(),
              FrameType.MAX_DATA.name(),
              FrameType.MAX_STREAM_DATA.name(),
              FrameType.MAX_STREAMS_BIDI.name(),
              FrameType.MAX_STREAMS_UNI.name(),
              FrameType.DATA_BLOCKED.name(),
              FrameType.STREAM_DATA_BLOCKED.name(),
              FrameType.STREAMS_BLOCKED_BIDI.name(),
              FrameType.STREAMS_BLOCKED_UNI.name(),
              FrameType.NEW_CONNECTION_ID.name(),
              FrameType.RETIRE_CONNECTION_ID.name(),
              FrameType.PATH_CHALLENGE.name(),
              FrameType.PATH_RESPONSE.name(),
              FrameType.HANDSHAKE_DONE.name(),
              FrameType.STREAM_PRIORITY.name(),
              "urgencies judged",
              "shares of streams judged",
              "shares of groups judged",
              FrameType.CONNECTION_CLOSE.name(),
              FrameType.APPLICATION_CLOSE.name(),
              DropReason.LOSS.name(),
              DropReason.OUTAGE.name(),
              DropReason.QUEUE_FULL.name(),
              DropReason.FILTERED.name(),
              DropReason.NO_ROUTE.name(),
              FrameType.QX_TRANSPORT_PARAMETERS.name(),
              FrameType.QX_PING.name(),
              FrameType.QX_PING_RESPONSE.name(),
              "ended over QMux",
              "Retry answered",
              FrameType.NEW_TOKEN.name(),
              "duplicated",
              "damaged",
              "injected",
              "migrated",
              "spoke v1",
              "spoke v2",
              "changed to v1",
              "changed to v2",
              "began again in another version",
              "packets EARLY",
              "early data ACCEPTED",
              "early data REFUSED",
              "keys updated",
              "closed LOCAL",
              "closed PEER",
              "closed CARRIER_LOST",
              "closed IDLE_TIMEOUT",
              "closed HANDSHAKE_TIMEOUT")
          .toList();

  private final Map<String, Long> counts = new TreeMap<>();

  void count(String what) {
    count(what, 1);
  }

  void count(String what, long times) {
    if (times > 0) {
      counts.merge(what, times, Long::sum);
    }
  }

  void addAll(Tally other) {
    other.counts.forEach((what, n) -> counts.merge(what, n, Long::sum));
  }

  /** Of what must have been seen, what was not. */
  List<String> missing() {
    return EXPECTED.stream().filter(what -> !counts.containsKey(what)).toList();
  }

  @Override
  public void onPacketSent(TappedPacket packet, long nowNanos) {
    count("packets " + packet.level());
    if (packet.hasToken()) {
      count("Retry answered");
    }
    packet.frames().forEach(this::count);
  }

  void count(TappedFrame frame) {
    count(
        switch (frame) {
          case TappedFrame.Stream stream -> "STREAM";
          case TappedFrame.Datagram datagram -> "DATAGRAM";
          case TappedFrame.Crypto crypto -> "CRYPTO";
          case TappedFrame.Ack ack -> "ACK";
          case TappedFrame.Control control -> control.frame().type().name();
        });
  }

  @Override
  public void onInjected(Datagram datagram, long nowNanos) {
    count("injected");
  }

  @Override
  public void onDuplicated(Datagram datagram, long nowNanos) {
    count("duplicated");
  }

  @Override
  public void onDropped(Datagram datagram, DropReason reason, long nowNanos) {
    count(reason.name());
  }

  @Override
  public void onDelivered(Datagram datagram, boolean intact, long nowNanos) {
    count(intact ? "delivered" : "damaged");
  }

  @Override
  public String toString() {
    return counts.toString();
  }
}
