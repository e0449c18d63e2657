package dev.memux.engine.qmux;

import dev.memux.engine.CloseReason;
import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.Connection;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.ConnectionStatistics;
import dev.memux.engine.mux.Mux;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.engine.wire.VarInt;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One QMux connection (draft-ietf-quic-qmux-02), made by a {@link QmuxEndpoint}: QUIC's streams in
 * records, over a layer below that delivers bytes in order and loses none, such as TLS over TCP.
 *
 * <p>Its owner hands in what the layer below delivers with {@link #receive}, {@link #onInputEnded}
 * at its end, {@link #onCarrierLost} when it is gone; and takes out records with {@link #transmit}
 * while the layer below takes them at once. When {@link #isOutputEnded}, our end of the layer below
 * is to be closed. It reads on whatever the application does (QMux §6): flow control alone holds a
 * stream's peer back.
 */
public final class QmuxConnection implements Connection {
  /** The least that {@link #transmit} needs to send everything that it may have to. */
  public static final int MIN_TRANSMIT_BYTES = 512;

  private static final long MILLI_NANOS = 1_000_000;

  private final boolean server;
  private final @Nullable TransportParameters remembered;
  private final Mux mux;
  private final RecordReader reader;
  private final RecordFrames frames;
  private final RecordWriter writer;
  private final Pings pings = new Pings();
  private final IdleTimer idleTimer;
  private final ArrayDeque<ConnectionEvent> events = new ArrayDeque<>();
  private final Ending ending;
  private final RecordCounters counters = new RecordCounters();

  /** When the peer's transport parameters have to be there; never once they are. */
  private long handshakeDeadlineNanos;

  private @Nullable TransportParameters peerParameters;
  private @Nullable Object attachment;

  /**
   * @param remembered limits to go by until the peer's come (QMux §8.2); null: none
   */
  QmuxConnection(
      boolean server,
      QmuxConfig config,
      @Nullable TransportParameters remembered,
      ChunkPool pool,
      RecordBuffers buffers,
      long nowNanos) {
    this.server = server;
    this.remembered = remembered;
    MuxConfig muxConfig = config.mux().under(pool.budget().pressure());
    this.mux = new Mux(server, muxConfig, pool, true);
    this.ending = new Ending(mux, events, config.closeTimeoutNanos());
    this.reader = new RecordReader(config.maxRecordBytes(), buffers);
    this.frames = new RecordFrames(this);
    this.writer = new RecordWriter(mux, ending, pings, buffers, parameters(config, muxConfig));
    this.idleTimer = new IdleTimer(config.maxIdleTimeoutNanos(), config.keepAliveNanos(), nowNanos);
    this.handshakeDeadlineNanos = nowNanos + config.handshakeTimeoutNanos();
    if (remembered != null) {
      mux.onPeerParameters(remembered);
      writer.onPeerLimits(remembered);
      events.addLast(new ConnectionEvent.EarlyDataReady());
    }
  }

  /** What we tell the peer of ourselves: only what QMux §5 allows. */
  private static TransportParameters parameters(QmuxConfig config, MuxConfig mux) {
    return TransportParameters.builder()
        .maxIdleTimeoutMillis(config.maxIdleTimeoutNanos() / MILLI_NANOS)
        .initialMaxData(mux.connectionWindowBytes())
        .initialMaxStreamDataBidi(mux.streamWindowBytes())
        .initialMaxStreamDataUni(mux.streamWindowBytes())
        .initialMaxStreamsBidi(mux.maxBidiStreams())
        .initialMaxStreamsUni(mux.maxUniStreams())
        .maxDatagramFrameBytes(mux.datagrams().maxFrameBytes())
        .resetStreamAt(true)
        .streamPriority(mux.streamPriority())
        .maxRecordBytes(config.maxRecordBytes())
        .build();
  }

  // What the application's side sees.

  @Override
  public Mux mux() {
    return mux;
  }

  @Override
  public boolean isServer() {
    return server;
  }

  @Override
  public boolean isTerminated() {
    return ending.isTerminated();
  }

  @Override
  public @Nullable TransportParameters peerParameters() {
    return peerParameters;
  }

  @Override
  public ConnectionStatistics statistics() {
    return counters.statistics(writer.preferredBytes(), pings, mux);
  }

  @Override
  public @Nullable Object attachment() {
    return attachment;
  }

  @Override
  public void attach(@Nullable Object object) {
    attachment = object;
  }

  @Override
  public @Nullable ConnectionEvent pollEvent() {
    return events.pollFirst();
  }

  @Override
  public void close(long code, String reason, long nowNanos) {
    if (code < 0 || code > VarInt.MAX) {
      throw new IllegalArgumentException("error code " + code);
    }
    ending.close(new CloseReason(Origin.LOCAL, true, code, 0, reason), nowNanos);
  }

  /** The endpoint has forgotten the connection. */
  void release() {
    reader.release();
    mux.release();
  }

  // Input.

  /** Bytes that the layer below has delivered, in their order; never throws on what they are. */
  public void receive(byte[] buffer, int from, int length, long nowNanos) {
    if (begin(length, nowNanos)) {
      try {
        reader.read(buffer, from, from + length, frames);
      } catch (ProtocolException e) {
        onProtocolError(e, nowNanos);
      }
      end();
    }
  }

  /**
   * The frames of one record, without its size: a message of a layer below that keeps messages
   * apart, such as WebSocket. Otherwise as {@link #receive}.
   */
  public void receiveRecord(byte[] buffer, int from, int length, long nowNanos) {
    if (begin(length, nowNanos)) {
      try {
        reader.readRecord(buffer, from, from + length, frames);
      } catch (ProtocolException e) {
        onProtocolError(e, nowNanos);
      }
      end();
    }
  }

  /** Returns whether what has come is of interest. */
  private boolean begin(int bytes, long nowNanos) {
    counters.onBytesReceived(bytes);
    if (!ending.isOpen()) {
      return false; // QMux §7.2: read all the same, so that the layer below can end in order
    }
    mux.onPacket(false, nowNanos);
    frames.begin(nowNanos);
    return true;
  }

  private void onProtocolError(ProtocolException e, long nowNanos) {
    ending.close(
        new CloseReason(Origin.LOCAL, false, e.code(), e.frameType(), e.reason()), nowNanos);
  }

  private void end() {
    if (!ending.isOpen()) {
      reader.release();
    }
    mux.onPath(pings.smoothedRttNanos(), 0);
    reportLimits();
  }

  private void reportLimits() {
    reportLimit(StreamType.BIDIRECTIONAL);
    reportLimit(StreamType.UNIDIRECTIONAL);
  }

  private void reportLimit(StreamType type) {
    if (mux.takeLimitRose(type)) {
      events.addLast(new ConnectionEvent.StreamsAvailable(type));
    }
  }

  /** The layer below delivers no more: the peer has ended its side of it. */
  public void onInputEnded(long nowNanos) {
    ending.onInputEnded();
    if (ending.isOpen()) {
      // QMux §7.3. Nobody has said that this is the end of what the peer had to say.
      String where = reader.isInsideRecord() ? " inside a record" : "";
      ending.end(lost("the peer ended the connection" + where + " without closing it"), nowNanos);
    }
  }

  /**
   * The layer below is gone, for both directions (QMux §7.4).
   *
   * @param reason for people
   */
  public void onCarrierLost(String reason) {
    ending.terminate(lost(reason));
  }

  private static CloseReason lost(String reason) {
    return new CloseReason(Origin.CARRIER_LOST, false, 0, 0, reason);
  }

  @Override
  public void onTimeout(long nowNanos) {
    if (!ending.isOpen()) {
      ending.onTimeout(nowNanos);
    } else if (nowNanos >= idleTimer.deadlineNanos()) {
      ending.end(new CloseReason(Origin.IDLE_TIMEOUT, false, 0, 0, ""), nowNanos);
    } else if (nowNanos >= handshakeDeadlineNanos) {
      ending.end(new CloseReason(Origin.HANDSHAKE_TIMEOUT, false, 0, 0, ""), nowNanos);
    } else if (nowNanos >= idleTimer.keepAliveDeadlineNanos()) {
      pings.request();
      idleTimer.onKeepAlive(nowNanos);
    }
  }

  @Override
  public long deadlineNanos() {
    if (!ending.isOpen()) {
      return ending.deadlineNanos();
    }
    long deadline = Math.min(idleTimer.deadlineNanos(), handshakeDeadlineNanos);
    return Math.min(deadline, idleTimer.keepAliveDeadlineNanos());
  }

  // Output.

  /** Whether {@link #transmit} would write something. */
  public boolean hasPending() {
    return writer.hasPending();
  }

  /**
   * Writes at most one record. It counts as sent, and as acknowledged (QMux §4), at once: to be
   * called only while the layer below takes the bytes. So streams may have news afterwards, room
   * for one, and who acts on it may have something to transmit.
   *
   * @param maxBytes room for the record, at least {@link #MIN_TRANSMIT_BYTES}, and always about the
   *     same: {@link Mux#datagrams} are dropped that do not fit
   * @return bytes written, 0: there is nothing to send before {@link #deadlineNanos} or further
   *     input
   * @throws IllegalArgumentException if there is less room
   */
  public int transmit(byte[] out, int from, int maxBytes, long nowNanos) {
    requireRoom(maxBytes);
    return sent(writer.write(out, from, maxBytes, nowNanos), nowNanos);
  }

  /**
   * As {@link #transmit}, but without the record's size, for a layer below that keeps messages
   * apart.
   */
  public int transmitRecord(byte[] out, int from, int maxBytes, long nowNanos) {
    requireRoom(maxBytes);
    return sent(writer.writeFrames(out, from, maxBytes, nowNanos), nowNanos);
  }

  private static void requireRoom(int bytes) {
    if (bytes < MIN_TRANSMIT_BYTES) {
      throw new IllegalArgumentException("room for " + bytes + " bytes");
    }
  }

  private int sent(int length, long nowNanos) {
    if (length > 0) {
      counters.onRecordSent(length);
      idleTimer.onSent(pings.isUnderWay(), nowNanos);
    }
    return length;
  }

  /**
   * Records are to have at most so many bytes, but for their size, unless a datagram needs more:
   * the less there are, the later it is decided who goes next.
   *
   * @throws IllegalArgumentException if that is less than {@link #MIN_TRANSMIT_BYTES}
   */
  public void preferRecordBytes(int bytes) {
    if (bytes < MIN_TRANSMIT_BYTES) {
      throw new IllegalArgumentException("records of " + bytes + " bytes");
    }
    writer.preferRecordBytes(bytes);
  }

  /** Whether nothing will be sent any more: our end of the layer below is to be closed. */
  public boolean isOutputEnded() {
    return ending.isOutputEnded();
  }

  // What the parts of this package ask and tell.

  boolean isOpen() {
    return ending.isOpen();
  }

  Pings pings() {
    return pings;
  }

  /** A record has come whole. */
  void onRecord(long nowNanos) {
    counters.onRecordReceived();
    idleTimer.onReceived(nowNanos);
  }

  /** The peer's first frame. */
  void onPeerParameters(byte[] encoded) throws ProtocolException {
    if (peerParameters != null) {
      // QMux §4.2: what both sides go by does not change.
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION,
          FrameType.QX_TRANSPORT_PARAMETERS.code(),
          "transport parameters again");
    }
    TransportParameters parameters = TransportParameters.decodeQmux(encoded);
    if (remembered != null && !parameters.allowsAllOf(remembered)) {
      // QMux §8.2, RFC 9000 §7.4.1: what was sent already may be beyond such limits.
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION,
          FrameType.QX_TRANSPORT_PARAMETERS.code(),
          "lower limits than those remembered");
    }
    peerParameters = parameters;
    handshakeDeadlineNanos = Long.MAX_VALUE;
    idleTimer.onPeerTimeoutMillis(parameters.maxIdleTimeoutMillis());
    mux.onPeerParameters(parameters);
    writer.onPeerLimits(parameters);
    pings.request(); // how long a round trip takes decides how windows grow
    events.addLast(new ConnectionEvent.Established());
  }

  void onPeerClose(ControlFrame.ConnectionClose frame, long nowNanos) {
    ending.end(
        new CloseReason(
            Origin.PEER, frame.application(), frame.errorCode(), frame.frameType(), frame.reason()),
        nowNanos);
  }
}
