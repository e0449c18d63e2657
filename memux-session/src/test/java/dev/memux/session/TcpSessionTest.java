package dev.memux.session;

import static dev.memux.session.Loopback.await;
import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.memux.engine.CloseReason;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.CarrierType;
import dev.memux.netty.IoTransport;
import dev.memux.netty.MuxException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sessions over QMux, TLS and TCP. */
final class TcpSessionTest {
  private static Loopback loopback(IoTransport transport) throws Exception {
    return new Loopback(QuicConfig.DEFAULT, transport, CarrierType.TCP);
  }

  @ParameterizedTest
  @EnumSource
  void carriesMuchInBothDirectionsAtOnce(IoTransport transport) throws Exception {
    byte[] content = new byte[20_000_000];
    new Random(1).nextBytes(content);
    try (Loopback loopback = loopback(transport)) {
      Stream near = loopback.near.open();
      CompletableFuture<byte[]> back = start(() -> near.inputStream().readAllBytes());
      CompletableFuture<Long> echo =
          start(
              () -> {
                Stream far = loopback.far.accept();
                long bytes = far.inputStream().transferTo(far.outputStream());
                far.shutdownOutput();
                return bytes;
              });
      near.write(ByteBuffer.wrap(content));
      near.shutdownOutput();
      assertArrayEquals(content, get(back));
      assertEquals(content.length, get(echo));
    }
  }

  @ParameterizedTest
  @EnumSource
  void carriesAThousandStreamsAtOnce(IoTransport transport) throws Exception {
    try (Loopback loopback = loopback(transport)) {
      CompletableFuture<Void> server =
          start(
              () -> {
                for (int i = 0; i < 1_000; i++) {
                  Stream far = loopback.far.accept();
                  start(
                      () -> {
                        try (far;
                            InputStream in = far.inputStream();
                            OutputStream out = far.outputStream()) {
                          return in.transferTo(out);
                        }
                      });
                }
                return null;
              });
      @SuppressWarnings({"unchecked", "rawtypes"})
      CompletableFuture<Integer>[] clients = new CompletableFuture[1_000];
      for (int i = 0; i < clients.length; i++) {
        byte[] content = new byte[i + 1];
        new Random(i).nextBytes(content);
        clients[i] =
            start(
                () -> {
                  try (Stream near = loopback.near.open()) {
                    near.write(ByteBuffer.wrap(content));
                    near.shutdownOutput();
                    assertArrayEquals(content, near.inputStream().readAllBytes());
                    return content.length;
                  }
                });
      }
      for (int i = 0; i < clients.length; i++) {
        assertEquals(i + 1, get(clients[i]));
      }
      get(server);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatWasWrittenArrivesThoughTheSessionIsClosedAtOnce(IoTransport transport) throws Exception {
    byte[] content = new byte[3_000_000];
    new Random(2).nextBytes(content);
    try (Loopback loopback = loopback(transport)) {
      CompletableFuture<Void> written =
          start(
              () -> {
                try (Session near = loopback.near;
                    Stream stream = near.open()) {
                  stream.write(ByteBuffer.wrap(content));
                }
                return null;
              });
      Stream far = loopback.far.accept();
      assertArrayEquals(content, far.inputStream().readAllBytes());
      get(written);
      await(() -> !loopback.far.isOpen());
    }
  }

  @ParameterizedTest
  @EnumSource
  void theCodeAndReasonOfACloseArrive(IoTransport transport) throws Exception {
    try (Loopback loopback = loopback(transport)) {
      loopback.far.close(77, "that is enough");
      await(() -> !loopback.near.isOpen());
      MuxException.Peer failure = assertThrows(MuxException.Peer.class, () -> loopback.near.open());
      assertEquals(77, failure.code());
      assertEquals("that is enough", failure.reason());
      CloseReason local = loopback.far.closeReason();
      assertEquals(CloseReason.Origin.LOCAL, local.origin());
    }
  }

  @ParameterizedTest
  @EnumSource
  void tellsWhatItIsLike(IoTransport transport) throws Exception {
    try (Loopback loopback = loopback(transport)) {
      assertEquals("memux-test", loopback.near.tls().applicationProtocol());
      assertEquals("localhost", loopback.near.tls().serverName());
      assertEquals("localhost", loopback.far.tls().serverName());
      assertEquals(loopback.server.localAddress(), loopback.near.remoteAddress());
      assertEquals(loopback.near.localAddress(), loopback.far.remoteAddress());
      assertEquals(1, loopback.near.tls().peerCertificates().size());
    }
  }
}
