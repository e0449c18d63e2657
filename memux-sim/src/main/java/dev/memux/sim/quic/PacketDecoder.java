package dev.memux.sim.quic;

import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.wire.FrameReader;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.sim.Datagram;
import dev.memux.tls.EncryptionLevel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Decrypts one packet and reads its frames. */
final class PacketDecoder extends FrameCollector {
  private final FrameReader reader = new FrameReader();
  private final byte[] plaintext = new byte[1 << 16];
  private @Nullable TappedConnection hello;
  private Side helloSender = Side.CLIENT;
  private @Nullable QuicVersion helloVersion;
  private String failure = "";

  /**
   * @param bytes the datagram's, of which the header is bared in place
   * @return null if it cannot be read; {@link #failure} tells why
   */
  @Nullable TappedPacket decode(
      TappedConnection connection,
      Side sender,
      Datagram datagram,
      byte[] bytes,
      int from,
      PacketHeader header) {
    PacketType type = header.type();
    TappedConnection.Keys keys = connection.keys(sender, type, header.quicVersion());
    if (keys == null) {
      failure = type + " before its keys were logged";
      return null;
    }
    int length =
        keys.open(
            bytes,
            from,
            header.packetNumberOffset(),
            header.packetEnd(),
            type == PacketType.ONE_RTT,
            plaintext);
    if (length < 0) {
      failure = type + " that its keys do not open";
      return null;
    }
    keys.onSent(keys.packetNumber());
    byte[] payload = Arrays.copyOf(plaintext, length);
    frames(); // of one that could not be read to its end
    hello = type == PacketType.INITIAL ? connection : null;
    helloSender = sender;
    helloVersion = header.quicVersion();
    try {
      EncryptionLevel level = level(type);
      boolean ackEliciting = reader.read(payload, 0, length, level, this);
      return new TappedPacket(
          connection,
          sender,
          datagram,
          from,
          header.packetEnd(),
          level,
          keys.packetNumber(),
          keys.phase(),
          ackEliciting,
          frames());
    } catch (ProtocolException e) {
      failure = type + " " + keys.packetNumber() + ": " + e.reason();
      return null;
    }
  }

  String failure() {
    return failure;
  }

  private static EncryptionLevel level(PacketType type) {
    return switch (type) {
      case INITIAL -> EncryptionLevel.INITIAL;
      case HANDSHAKE -> EncryptionLevel.HANDSHAKE;
      case ZERO_RTT -> EncryptionLevel.EARLY;
      case ONE_RTT, RETRY, VERSION_NEGOTIATION, UNSUPPORTED_VERSION -> EncryptionLevel.APPLICATION;
    };
  }

  @Override
  public void onCrypto(long offset, byte[] data, int from, int length) {
    super.onCrypto(offset, data, from, length);
    if (offset == 0 && hello != null && helloVersion != null) {
      hello.onHello(helloSender, helloVersion, data, from, length);
    }
  }
}
