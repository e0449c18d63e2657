package dev.memux.engine.qmux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameReader;
import dev.memux.engine.wire.FrameSink;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.engine.wire.VarInt;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One connection whose peer is the test, which sends it bytes of any kind. */
final class Attacked {
  static final int ROOM = 1 << 16;

  final QmuxEndpoint endpoint;
  final QmuxConnection connection;
  final List<ConnectionEvent> events = new ArrayList<>();
  long nowNanos = 1_000_000_000;

  private Attacked(QmuxConfig config, boolean server, MemoryBudget memory) {
    endpoint = new QmuxEndpoint(config, memory);
    connection = server ? endpoint.accept(nowNanos) : endpoint.connect(nowNanos);
  }

  /** A server that has not heard anything. */
  static Attacked silent(QmuxConfig config) {
    return new Attacked(config, true, MemoryBudget.UNLIMITED);
  }

  static Attacked silent(QmuxConfig config, MemoryBudget memory) {
    return new Attacked(config, true, memory);
  }

  /** A server that has the client's transport parameters, and has sent its own. */
  static Attacked server(QmuxConfig config) {
    return new Attacked(config, true, MemoryBudget.UNLIMITED).establish(Wire.generous());
  }

  static Attacked server() {
    return server(QmuxConfig.DEFAULT);
  }

  /** A client that has the server's transport parameters, and has sent its own. */
  static Attacked client() {
    return new Attacked(QmuxConfig.DEFAULT, false, MemoryBudget.UNLIMITED)
        .establish(Wire.generous());
  }

  Attacked establish(TransportParameters parameters) {
    receive(Wire.record(Wire.parametersFrame(parameters)));
    sent();
    // Answers the first ping.
    receive(Wire.record(Wire.varints(Wire.QX_PING_RESPONSE, 0)));
    assertOpen();
    return this;
  }

  void receive(byte[] bytes) {
    connection.receive(bytes, 0, bytes.length, nowNanos);
    pollEvents();
  }

  /** One record with these frames. */
  void receiveFrames(byte[]... frames) {
    receive(Wire.record(frames));
  }

  void pollEvents() {
    for (ConnectionEvent e = connection.pollEvent(); e != null; e = connection.pollEvent()) {
      events.add(e);
    }
  }

  /** Lets time pass, up to the deadline of the connection if that comes before. */
  void advance(long nanos) {
    nowNanos += nanos;
    connection.onTimeout(nowNanos);
    pollEvents();
  }

  /** What one record holds of {@code transmit}; null if there is none. */
  byte @Nullable [] transmit() {
    byte[] out = new byte[ROOM];
    int length = connection.transmit(out, 0, ROOM, nowNanos);
    return length == 0 ? null : java.util.Arrays.copyOf(out, length);
  }

  /** All that it has to say, as text: STREAM frames, control frames, pings. */
  List<String> sent() {
    List<String> frames = new ArrayList<>();
    for (byte[] record = transmit(); record != null; record = transmit()) {
      frames.addAll(frames(record));
    }
    pollEvents();
    return frames;
  }

  /** The frames of a record, as text. */
  static List<String> frames(byte[] record) {
    Lines lines = new Lines(new ArrayList<>());
    int sizeBytes = VarInt.sizeOf(record[0]);
    assertEquals(record.length - sizeBytes, VarInt.read(record, 0));
    try {
      new FrameReader().readRecord(record, sizeBytes, record.length, lines);
    } catch (ProtocolException e) {
      throw new AssertionError(e);
    }
    return lines.frames;
  }

  private record Lines(List<String> frames) implements FrameSink {
    @Override
    public void onStream(long id, long offset, byte[] data, int from, int length, boolean fin) {
      frames.add("STREAM " + id + " " + offset + "+" + length + (fin ? " FIN" : ""));
    }

    @Override
    public void onDatagram(byte[] data, int from, int length, int frameBytes) {
      frames.add("DATAGRAM " + length);
    }

    @Override
    public void onCrypto(long offset, byte[] data, int from, int length) {
      throw new AssertionError();
    }

    @Override
    public void onAck(AckFrame ack) {
      throw new AssertionError();
    }

    @Override
    public void onControl(ControlFrame frame) {
      frames.add(
          frame instanceof ControlFrame.QxTransportParameters
              ? "QX_TRANSPORT_PARAMETERS"
              : frame.toString());
    }
  }

  void assertOpen() {
    assertFalse(connection.isOutputEnded(), () -> "ended: " + closeReason());
    assertFalse(
        events.stream().anyMatch(ConnectionEvent.Closed.class::isInstance), () -> "" + events);
  }

  /** It has closed because of a fault of the peer's, and tells the peer so, and ends. */
  void assertClosedWith(long code) {
    CloseReason reason = closeReason();
    assertEquals(CloseReason.Origin.LOCAL, reason.origin());
    assertFalse(reason.application());
    assertEquals(code, reason.code(), reason::toString);
    List<String> last = sent();
    assertEquals(
        List.of(
            new ControlFrame.ConnectionClose(false, code, reason.frameType(), reason.reason())
                .toString()),
        last.subList(last.size() - 1, last.size()));
  }

  CloseReason closeReason() {
    CloseReason reason = null;
    for (ConnectionEvent event : events) {
      if (event instanceof ConnectionEvent.Closed closed) {
        reason = closed.reason();
      }
    }
    assertNotNull(reason, () -> "still open: " + events);
    return reason;
  }
}
