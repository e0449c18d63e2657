package dev.memux.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.memux.netty.IoTransport;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

final class WebSocketConformanceTest extends CarrierConformance {
  @Override
  public SessionPair connect(Settings settings) throws Exception {
    return new WebSocketPair(settings, IoTransport.preferred(), true);
  }

  /** Behind something that does TLS, such as a proxy, and on systems without epoll. */
  @Test
  void needsNeitherTlsNorEpoll() throws Exception {
    try (SessionPair pair = new WebSocketPair(Settings.DEFAULT, IoTransport.NIO, false)) {
      StreamPair stream = pair.stream();
      stream.far().write(ByteBuffer.wrap(new byte[] {9}));
      assertEquals(9, stream.near().inputStream().read());
      assertThrows(IllegalStateException.class, pair.near()::tls);
      assertEquals("nio websocket", pair.near().io());
    }
  }
}
