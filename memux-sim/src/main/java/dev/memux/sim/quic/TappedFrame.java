package dev.memux.sim.quic;

import dev.memux.engine.wire.ControlFrame;
import java.util.HexFormat;

/** A frame read off the wire. PADDING and PING are not told. */
public sealed interface TappedFrame {
  /**
   * RFC 9000 §19.8.
   *
   * @param payload the packet's; the data are {@code length} bytes of it at {@code from}
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Stream(long streamId, long offset, byte[] payload, int from, int length, boolean fin)
      implements TappedFrame {
    public long end() {
      return offset + length;
    }

    @Override
    public String toString() {
      return "STREAM " + streamId + " [" + offset + ", " + end() + ")" + (fin ? " FIN" : "");
    }
  }

  /**
   * RFC 9221 §4.
   *
   * @param payload the packet's; the datagram is {@code length} bytes of it at {@code from}
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Datagram(byte[] payload, int from, int length) implements TappedFrame {
    @Override
    public String toString() {
      return "DATAGRAM [" + length + " B]";
    }
  }

  /**
   * RFC 9000 §19.6.
   *
   * @param payload the packet's; the data are {@code length} bytes of it at {@code from}
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Crypto(long offset, byte[] payload, int from, int length) implements TappedFrame {
    @Override
    public String toString() {
      return "CRYPTO [" + offset + ", " + (offset + length) + ")";
    }
  }

  /**
   * RFC 9000 §19.3.
   *
   * @param smallest of each range, the highest range first
   * @param largest of each range, inclusive
   * @param hasEcn whether ECN counts follow
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Ack(long[] smallest, long[] largest, long delay, boolean hasEcn) implements TappedFrame {
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder("ACK");
      for (int i = 0; i < smallest.length; i++) {
        text.append(' ').append(smallest[i]).append("..").append(largest[i]);
      }
      return text.toString();
    }
  }

  /** Any other frame. */
  record Control(ControlFrame frame) implements TappedFrame {
    @Override
    public String toString() {
      // Arrays have no text of their own, and a trace must be the same each time.
      if (frame instanceof ControlFrame.NewConnectionId fresh) {
        String id = HexFormat.of().formatHex(fresh.connectionId());
        return "NewConnectionId[" + fresh.sequence() + " " + id + "]";
      }
      return frame instanceof ControlFrame.NewToken fresh
          ? "NewToken[" + fresh.token().length + " B]"
          : frame.toString();
    }
  }
}
