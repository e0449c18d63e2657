package dev.memux.engine.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.schedule.Priority;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameReader;
import dev.memux.engine.wire.FrameSink;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.tls.EncryptionLevel;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client's and a server's streams, and packets that the test carries between them. */
final class MuxPair {
  static final int PACKET = 1200;

  final Side client;
  final Side server;
  long nowNanos = 1_000_000_000;

  /** A packet on its way, and what its sender remembers of it. */
  record Packet(Side from, byte[] payload, SentFrames frames, List<String> text) {
    void deliver() throws ProtocolException {
      from.peer().receive(payload);
    }

    void acknowledge() {
      from.mux.onAcked(frames);
    }

    void lose() {
      from.mux.onLost(frames);
    }
  }

  final class Side implements FrameSink {
    final boolean isServer;
    final Mux mux;
    private final FrameWriter writer = new FrameWriter();
    private final FrameReader reader = new FrameReader();
    private final byte[] buffer = new byte[PACKET];

    /** Every frame sent, as text, in order. */
    final List<String> log = new ArrayList<>();

    Side(boolean isServer, MuxConfig config, ChunkPool pool) {
      this.isServer = isServer;
      this.mux = new Mux(isServer, config, pool);
    }

    Side peer() {
      return isServer ? client : server;
    }

    MuxStream open(StreamType type) {
      return open(type, Priority.DEFAULT_INCREMENTAL);
    }

    MuxStream open(StreamType type, Priority priority) {
      MuxStream stream = mux.open(type, priority);
      assertTrue(stream != null, "the peer's limit is reached");
      return stream;
    }

    /** Fills a packet of at most {@code room} bytes; null if nothing fits or is there. */
    @Nullable Packet transmit(int room) throws ProtocolException {
      if (!mux.hasPending()) {
        return null;
      }
      SentFrames frames = new SentFrames();
      writer.reset(buffer, 0, room);
      mux.fill(writer, frames, nowNanos);
      assertEquals(frames.isEmpty(), writer.position() == 0);
      if (frames.isEmpty()) {
        return null;
      }
      byte[] payload = java.util.Arrays.copyOf(buffer, writer.position());
      List<String> text = new ArrayList<>();
      new FrameReader()
          .read(payload, 0, payload.length, EncryptionLevel.APPLICATION, new Text(text));
      assertEquals(text.size(), frames.size(), () -> "not as remembered: " + text);
      log.addAll(text);
      return new Packet(this, payload, frames, text);
    }

    Packet transmit() throws ProtocolException {
      Packet packet = transmit(PACKET);
      assertTrue(packet != null, "nothing to send");
      return packet;
    }

    void receive(byte[] payload) throws ProtocolException {
      mux.onPacket(false, nowNanos);
      reader.read(payload, 0, payload.length, EncryptionLevel.APPLICATION, this);
    }

    /** Drains the events: what happened to which stream, in order. */
    List<String> events() {
      List<String> events = new ArrayList<>();
      for (MuxStream s = mux.pollStream(); s != null; s = mux.pollStream()) {
        events.add(s.id() + names(s.takeEvents()));
      }
      return events;
    }

    /** Sends and receives until both are silent; nothing gets lost. */
    void exchange() throws ProtocolException {
      MuxPair.this.exchange();
    }

    @Override
    public void onStream(long id, long offset, byte[] data, int from, int length, boolean fin)
        throws ProtocolException {
      mux.onStream(id, offset, data, from, length, fin);
    }

    @Override
    public void onDatagram(byte[] data, int from, int length, int frameBytes)
        throws ProtocolException {
      mux.onDatagram(data, from, length, frameBytes);
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
    public void onControl(ControlFrame frame) throws ProtocolException {
      mux.onControl(frame);
    }
  }

  /** Frames as text. */
  private record Text(List<String> lines) implements FrameSink {
    @Override
    public void onStream(long id, long offset, byte[] data, int from, int length, boolean fin) {
      lines.add("STREAM " + id + " " + offset + "+" + length + (fin ? " FIN" : ""));
    }

    @Override
    public void onDatagram(byte[] data, int from, int length, int frameBytes) {
      lines.add("DATAGRAM " + length);
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
      lines.add(
          switch (frame) {
            case ControlFrame.ResetStream f ->
                "RESET_STREAM " + f.streamId() + " " + f.errorCode() + " " + f.finalSize();
            case ControlFrame.ResetStreamAt f ->
                "RESET_STREAM_AT %d %d %d %d"
                    .formatted(f.streamId(), f.errorCode(), f.finalSize(), f.reliableSize());
            case ControlFrame.StopSending f -> "STOP_SENDING " + f.streamId() + " " + f.errorCode();
            case ControlFrame.MaxData f -> "MAX_DATA " + f.maximum();
            case ControlFrame.MaxStreamData f ->
                "MAX_STREAM_DATA " + f.streamId() + " " + f.maximum();
            case ControlFrame.StreamDataBlocked f ->
                "STREAM_DATA_BLOCKED " + f.streamId() + " " + f.limit();
            case ControlFrame.DataBlocked f -> "DATA_BLOCKED " + f.limit();
            case ControlFrame.MaxStreams f -> f.type() + " " + f.maximum();
            case ControlFrame.StreamsBlocked f -> f.type() + " " + f.limit();
            case ControlFrame.StreamPriority f ->
                "STREAM_PRIORITY %d %d u=%d%s group %d"
                    .formatted(
                        f.streamId(),
                        f.sequence(),
                        f.urgency(),
                        f.incremental() ? ",i" : "",
                        f.groupId());
            default -> throw new AssertionError(frame);
          });
    }
  }

  MuxPair(MuxConfig config) {
    this(config, config);
  }

  MuxPair(MuxConfig clientConfig, MuxConfig serverConfig) {
    this(clientConfig, serverConfig, new ChunkPool());
  }

  /** A pair whose server takes its memory from {@code pool}. */
  MuxPair(MuxConfig clientConfig, MuxConfig serverConfig, ChunkPool pool) {
    client = new Side(false, clientConfig, new ChunkPool());
    server = new Side(true, serverConfig, pool);
    client.mux.onPeerParameters(parameters(serverConfig));
    server.mux.onPeerParameters(parameters(clientConfig));
    client.mux.takeLimitRose(StreamType.BIDIRECTIONAL);
    client.mux.takeLimitRose(StreamType.UNIDIRECTIONAL);
    server.mux.takeLimitRose(StreamType.BIDIRECTIONAL);
    server.mux.takeLimitRose(StreamType.UNIDIRECTIONAL);
  }

  static MuxConfig config(long streamWindow, long connectionWindow, long bidi, long uni) {
    return MuxConfig.DEFAULT
        .withWindows(streamWindow, streamWindow, connectionWindow, connectionWindow)
        .withStreams(bidi, uni);
  }

  static TransportParameters parameters(MuxConfig config) {
    return TransportParameters.builder()
        .initialMaxData(config.connectionWindowBytes())
        .initialMaxStreamDataBidi(config.streamWindowBytes())
        .initialMaxStreamDataUni(config.streamWindowBytes())
        .initialMaxStreamsBidi(config.maxBidiStreams())
        .initialMaxStreamsUni(config.maxUniStreams())
        .maxDatagramFrameBytes(config.datagrams().maxFrameBytes())
        .resetStreamAt(true)
        .streamPriority(config.streamPriority())
        .build();
  }

  void exchange() throws ProtocolException {
    for (int i = 0; i < 100_000; i++) {
      Packet packet = client.transmit(PACKET);
      if (packet == null) {
        packet = server.transmit(PACKET);
      }
      if (packet == null) {
        return;
      }
      packet.deliver();
      packet.acknowledge();
    }
    throw new AssertionError("never silent");
  }

  static int write(MuxStream stream, int length) {
    return stream.write(data(stream.id(), 0, length));
  }

  static ByteBuffer data(long id, long offset, int length) {
    ByteBuffer data = ByteBuffer.allocate(length);
    for (int i = 0; i < length; i++) {
      data.put(at(id, offset + i));
    }
    return data.flip();
  }

  static byte at(long id, long offset) {
    return (byte) (id * 17 + offset * 31 + (offset >>> 8) * 7);
  }

  /** Reads until nothing is left; returns how much that was. */
  static int drain(MuxStream stream) {
    ByteBuffer target = ByteBuffer.allocate(1 << 16);
    int total = 0;
    for (int n = stream.read(target); n > 0; n = stream.read(target.clear())) {
      total += n;
    }
    return total;
  }

  static String names(int events) {
    String[] names = {"OPENED", "READABLE", "RESET", "STOPPED", "WRITABLE", "SENT", "CLOSED"};
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < names.length; i++) {
      if ((events >>> i & 1) != 0) {
        text.append(' ').append(names[i]);
      }
    }
    return text.toString();
  }
}
