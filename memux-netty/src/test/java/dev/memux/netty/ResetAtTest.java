package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.memux.engine.mux.MuxStream;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.quic.QuicStreamResetException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A peer's reset that delivers the beginning (draft-ietf-quic-reliable-stream-reset) at a channel.
 */
class ResetAtTest {
  private static final int WRITTEN = 100_000;

  @ParameterizedTest
  @ValueSource(ints = {1, 2048, 50_000, WRITTEN})
  void whatWasPromisedIsReadAndThenTheReset(int promised) throws Exception {
    try (Loopback loopback = new Loopback(IoTransport.preferred())) {
      assertReset(loopback, promised);
    }
  }

  @ParameterizedTest
  @EnumSource(IoTransport.class)
  void onEveryTransport(IoTransport transport) throws Exception {
    try (Loopback loopback = new Loopback(transport)) {
      assertReset(loopback, 30_000);
    }
  }

  private static void assertReset(Loopback loopback, int promised) throws Exception {
    Recorder reader = new Recorder();
    QuicServer server = loopback.listen(() -> reader);
    MuxQuicChannel client = loopback.connect(server);
    MuxQuicStreamChannel stream = Loopback.open(client, new Recorder());
    client
        .eventLoop()
        .submit(
            () -> {
              stream.writeAndFlush(Unpooled.wrappedBuffer(new byte[WRITTEN]));
              DrivenConnection driven = (DrivenConnection) client.carrier();
              MuxStream sending = driven.connection.mux().stream(stream.streamId());
              assertNotNull(sending);
              sending.resetAt(7, promised);
              driven.wake();
            })
        .sync();
    Loopback.await(() -> !reader.exceptions.isEmpty());
    assertInstanceOf(QuicStreamResetException.class, reader.exceptions.getFirst());
    assertEquals(promised, reader.size());
    assertFalse(reader.ended(), "a reset is no proper end");
    Loopback.get(server.close());
  }
}
