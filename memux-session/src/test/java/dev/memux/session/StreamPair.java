package dev.memux.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.memux.engine.mux.StreamType;
import java.nio.ByteBuffer;

/** Both ends of a bidirectional stream. */
record StreamPair(Stream near, Stream far) {
  private static final byte HELLO = 1;

  /** Opens one, and writes and reads the byte without which the peer does not learn of it. */
  static StreamPair open(Session opener, Session acceptor) throws Exception {
    Stream near = opener.open(StreamType.BIDIRECTIONAL, Stream.DEFAULT_PRIORITY);
    near.write(ByteBuffer.wrap(new byte[] {HELLO}));
    Stream far = acceptor.accept();
    assertEquals(HELLO, far.inputStream().read());
    return new StreamPair(near, far);
  }
}
