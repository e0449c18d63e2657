package dev.memux.session;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** The sending direction of a stream as the JDK knows such things. */
final class StreamOutput extends OutputStream {
  private final SendHalf half;

  StreamOutput(SendHalf half) {
    this.half = half;
  }

  @Override
  public void write(int b) throws IOException {
    half.write(ByteBuffer.wrap(new byte[] {(byte) b}));
  }

  @Override
  public void write(byte[] source, int from, int length) throws IOException {
    half.write(ByteBuffer.wrap(source, from, length));
  }

  @Override
  public void close() {
    half.finish();
  }
}
