package dev.memux.session;

import static dev.memux.session.Loopback.await;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.netty.IoTransport;
import dev.memux.netty.MuxException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** QMux over TLS and TCP. */
final class TcpConformanceTest {
  abstract static class Tcp extends CarrierConformance {
    private final IoTransport transport;

    Tcp(IoTransport transport) {
      this.transport = transport;
    }

    @Override
    public SessionPair connect(Settings settings) throws Exception {
      return new Loopback(settings, transport, CarrierType.TCP);
    }

    /** The kernel tells of it at once, whoever waits for what. */
    @Test
    @Override
    public void aPeerThatVanishesIsNoticed() throws Exception {
      int window = 20_000;
      try (SessionPair pair = connect(Settings.DEFAULT.withWindows(window, window))) {
        StreamPair stream = pair.stream();
        Blocked reader = Blocked.in(() -> stream.near().read(ByteBuffer.allocate(10)));
        Blocked accepting = Blocked.in(() -> pair.near().accept());
        Blocked writer =
            Blocked.in(() -> stream.near().write(ByteBuffer.wrap(new byte[5_000_000])));
        await(() -> EndContract.acknowledged(stream.near()) >= window);
        pair.vanish();
        MuxException.CarrierLost failure = writer.failure(MuxException.CarrierLost.class);
        assertTrue(failure.bytesAcknowledged() >= window, failure::toString);
        reader.failure(MuxException.CarrierLost.class);
        accepting.failure(MuxException.CarrierLost.class);
      }
    }
  }

  @Nested
  final class Epoll extends Tcp {
    Epoll() {
      super(IoTransport.EPOLL);
    }
  }

  @Nested
  final class Nio extends Tcp {
    Nio() {
      super(IoTransport.NIO);
    }
  }
}
