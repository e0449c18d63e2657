package dev.memux.sim.quic;

import dev.memux.engine.packet.PacketHeader;
import dev.memux.sim.Datagram;
import dev.memux.tls.EncryptionLevel;
import java.util.List;

/**
 * A packet read off the wire.
 *
 * @param datagram the one that carries it, in {@code [from, end)}
 * @param level of encryption
 * @param keyPhase of a 1-RTT packet (RFC 9001 §6); false of others
 * @param ackEliciting RFC 9002 §2
 */
public record TappedPacket(
    TappedConnection connection,
    Side sender,
    Datagram datagram,
    int from,
    int end,
    EncryptionLevel level,
    long number,
    boolean keyPhase,
    boolean ackEliciting,
    List<TappedFrame> frames) {

  public int bytes() {
    return end - from;
  }

  /** Whether it is an Initial that carries a token (RFC 9000 §17.2.2). */
  public boolean hasToken() {
    PacketHeader header = new PacketHeader();
    return level == EncryptionLevel.INITIAL
        && header.parse(datagram.payload(), from, end, 0)
        && header.tokenLength() > 0;
  }

  @Override
  public String toString() {
    return level + " " + number + " " + bytes() + " B " + frames;
  }
}
