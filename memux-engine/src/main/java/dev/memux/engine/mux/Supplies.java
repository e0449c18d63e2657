package dev.memux.engine.mux;

import dev.memux.engine.stream.SendStream;
import dev.memux.engine.wire.VarInt;
import java.nio.ByteBuffer;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a connection that have a {@link StreamSource}. A record is asked for when such a
 * stream is served and has sent everything before, so at most one record ever waits in it: what was
 * too large for the packet, for the peer's credit, or for the memory there is.
 */
final class Supplies {
  /** In less room no record is begun: it would be decided now, and sent later. */
  private static final int WORTHWHILE_BYTES = 128;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private static final class Supply {
    final StreamSource source;

    /** The rest of a record that there was no memory for. */
    ByteBuffer rest = NOTHING;

    /** It had nothing when it was asked, and has not said since that this has changed. */
    boolean dry;

    Supply(StreamSource source) {
      this.source = source;
    }

    boolean hasPending() {
      return rest.hasRemaining() || (!dry && source.hasPending());
    }
  }

  private final Mux mux;
  private final IdentityHashMap<MuxStream, Supply> supplies = new IdentityHashMap<>(1);
  private byte @Nullable [] record;
  private long nowNanos;

  Supplies(Mux mux) {
    this.mux = mux;
  }

  void add(MuxStream stream, StreamSource source) {
    stream.supplied = true;
    supplies.put(stream, new Supply(source));
  }

  void remove(MuxStream stream) {
    stream.supplied = false;
    supplies.remove(stream);
  }

  void clear() {
    supplies.keySet().forEach(stream -> stream.supplied = false);
    supplies.clear();
  }

  /** A packet is about to be filled. */
  void onFill(long now) {
    nowNanos = now;
  }

  void onChanged(MuxStream stream) {
    Supply supply = supplies.get(stream);
    if (supply != null) {
      supply.dry = false;
      endIfDone(stream, supply);
    }
  }

  /** Whether the stream, having sent what was in it, could send something of its source's. */
  boolean hasFresh(MuxStream stream, SendStream send) {
    Supply supply = supplies.get(stream);
    return supply != null
        && canTake(stream, send)
        && send.sentTo() < send.maxData()
        && supply.hasPending();
  }

  private boolean canTake(MuxStream stream, SendStream send) {
    return send.isWritable()
        && send.sentTo() == send.writtenTo()
        && !stream.awaitsMemory
        && send.writableBytes(mux.sendBufferBytes(send)) > 0;
  }

  /**
   * Asks for the next record, if the stream has nothing else to send.
   *
   * @param roomBytes what is left of the packet
   */
  void pull(MuxStream stream, SendStream send, int roomBytes) {
    Supply supply = supplies.get(stream);
    int room = roomBytes - headerBytes(stream, send);
    if (supply == null || room < WORTHWHILE_BYTES || send.hasLost() || !canTake(stream, send)) {
      return;
    }
    if (!supply.rest.hasRemaining()) {
      byte[] buffer = record();
      int preferred = Math.min(room, StreamSource.MAX_RECORD_BYTES);
      int length = supply.source.fill(buffer, preferred, nowNanos);
      supply.dry = length == 0;
      supply.rest = ByteBuffer.wrap(buffer, 0, length);
    }
    send.write(supply.rest, mux.sendBufferBytes(send));
    if (supply.rest.hasRemaining()) {
      keepRest(stream, send, supply);
    }
    endIfDone(stream, supply);
  }

  /** Whether the stream's source, when asked, had nothing. */
  boolean isDry(MuxStream stream) {
    Supply supply = supplies.get(stream);
    return supply != null && supply.dry;
  }

  /** What stands before the data in a STREAM frame that has a length. */
  private static int headerBytes(MuxStream stream, SendStream send) {
    return 1
        + VarInt.size(stream.id())
        + VarInt.size(send.sentTo())
        + VarInt.size(StreamSource.MAX_RECORD_BYTES);
  }

  /** The buffer is every stream's; what is left in it must be so until there is memory. */
  private void keepRest(MuxStream stream, SendStream send, Supply supply) {
    ByteBuffer own = ByteBuffer.allocate(supply.rest.remaining());
    supply.rest = own.put(supply.rest).flip();
    if (send.writableBytes(mux.sendBufferBytes(send)) > 0) {
      mux.awaitMemory(stream); // not its own limit: that is heard of by acknowledgements
    }
  }

  private void endIfDone(MuxStream stream, Supply supply) {
    SendStream send = stream.send();
    if (send != null
        && send.isWritable()
        && !supply.rest.hasRemaining()
        && supply.source.isEnded()) {
      send.finish();
    }
  }

  private byte[] record() {
    byte[] buffer = record;
    if (buffer == null) {
      buffer = new byte[StreamSource.MAX_RECORD_BYTES];
      record = buffer;
    }
    return buffer;
  }
}
