package dev.memux.engine.qmux;

import dev.memux.engine.wire.TransportParameters;
import dev.memux.engine.wire.VarInt;
import java.io.ByteArrayOutputStream;

/** Bytes as a peer may send them, right or wrong. */
final class Wire {
  static final long QX_TRANSPORT_PARAMETERS = 0x3f5153300d0a0d0aL;
  static final long QX_PING = 0x348c67529ef8c7bdL;
  static final long QX_PING_RESPONSE = 0x348c67529ef8c7beL;

  static final int STREAM_FIN = 0x09;
  static final int STREAM_LENGTH = 0x0a;
  static final int STREAM_OFFSET_LENGTH = 0x0e;

  private Wire() {}

  /** Variable-length integers one after the other: most frames are nothing else. */
  static byte[] varints(long... values) {
    byte[] bytes = new byte[values.length * Long.BYTES];
    int end = 0;
    for (long value : values) {
      end = VarInt.write(bytes, end, value);
    }
    return java.util.Arrays.copyOf(bytes, end);
  }

  static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** One record with these frames. */
  static byte[] record(byte[]... frames) {
    byte[] payload = concat(frames);
    return concat(varints(payload.length), payload);
  }

  /** STREAM with offset and length. */
  static byte[] stream(long id, long offset, int length) {
    return concat(varints(STREAM_OFFSET_LENGTH, id, offset, length), new byte[length]);
  }

  /** QX_TRANSPORT_PARAMETERS with these bytes. */
  static byte[] parametersFrame(byte[] encoded) {
    return concat(varints(QX_TRANSPORT_PARAMETERS, encoded.length), encoded);
  }

  static byte[] parametersFrame(TransportParameters parameters) {
    return parametersFrame(parameters.encode());
  }

  /** A parameter with a number. */
  static byte[] parameter(long id, long value) {
    return varints(id, VarInt.size(value), value);
  }

  /** Limits that are never in the way. */
  static TransportParameters generous() {
    return TransportParameters.builder()
        .initialMaxData(1 << 30)
        .initialMaxStreamDataBidi(1 << 30)
        .initialMaxStreamDataUni(1 << 30)
        .initialMaxStreamsBidi(1000)
        .initialMaxStreamsUni(1000)
        .maxDatagramFrameBytes(65_535)
        .resetStreamAt(true)
        .build();
  }
}
