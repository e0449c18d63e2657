package dev.memux.session;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** The receiving direction of a stream as the JDK knows such things. */
final class StreamInput extends InputStream {
  private final ReceiveHalf half;

  StreamInput(ReceiveHalf half) {
    this.half = half;
  }

  @Override
  public int read() throws IOException {
    ByteBuffer one = ByteBuffer.allocate(1);
    return half.read(one) < 0 ? -1 : Byte.toUnsignedInt(one.get(0));
  }

  @Override
  public int read(byte[] target, int from, int length) throws IOException {
    return length == 0 ? 0 : half.read(ByteBuffer.wrap(target, from, length));
  }

  @Override
  public int available() {
    return half.available();
  }

  @Override
  public void close() {
    half.stop(0);
  }
}
