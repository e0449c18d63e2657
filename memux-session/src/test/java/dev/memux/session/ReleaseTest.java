package dev.memux.session;

import static dev.memux.session.Loopback.awaitParked;
import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.MuxException;
import java.io.InterruptedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever happens, whoever blocks is released, and told why. */
final class ReleaseTest {
  private static final long CODE = 77;

  private Loopback loopback;
  private Stream near;
  private Stream far;

  @BeforeEach
  void connect() throws Exception {
    // Little is sent before the peer reads, so that writers block soon.
    MuxConfig mux = MuxConfig.DEFAULT.withWindows(20_000, 20_000, 50_000, 50_000);
    loopback = new Loopback(QuicConfig.DEFAULT.withMux(mux.withStreams(2, 1)));
    near = loopback.near.open();
    near.write(ByteBuffer.wrap(new byte[] {1}));
    far = loopback.far.accept();
    far.read(ByteBuffer.allocate(1));
  }

  @AfterEach
  void close() {
    loopback.close();
  }

  /** A thread in a call that blocks. */
  private record Blocked(Thread thread, CompletableFuture<Throwable> outcome) {
    interface Call {
      void run() throws Exception;
    }

    static Blocked in(Call call) {
      CompletableFuture<Throwable> outcome = new CompletableFuture<>();
      Thread thread =
          Thread.startVirtualThread(
              () -> {
                try {
                  call.run();
                  outcome.completeExceptionally(new AssertionError("it did not fail"));
                } catch (Throwable e) {
                  outcome.complete(e);
                }
              });
      awaitParked(thread);
      return new Blocked(thread, outcome);
    }

    <T extends Throwable> T failure(Class<T> type) throws Exception {
      return assertInstanceOf(type, outcome.get(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS));
    }
  }

  private Blocked reader() {
    return Blocked.in(() -> near.read(ByteBuffer.allocate(10)));
  }

  private Blocked writer() {
    return Blocked.in(() -> near.write(ByteBuffer.wrap(new byte[5_000_000])));
  }

  /** One that waits for the lock that the first has. */
  private Blocked secondWriter() {
    return Blocked.in(() -> near.write(ByteBuffer.wrap(new byte[10])));
  }

  @Test
  void interruption() throws Exception {
    for (Blocked blocked :
        new Blocked[] {
          reader(), writer(), secondWriter(), Blocked.in(() -> loopback.near.accept())
        }) {
      blocked.thread().interrupt();
      blocked.failure(InterruptedIOException.class);
    }
    // The stream is as it was.
    far.write(ByteBuffer.wrap(new byte[] {5}));
    ByteBuffer target = ByteBuffer.allocate(1);
    assertEquals(1, near.read(target));
    assertEquals(5, target.get(0));
  }

  @Test
  void anInterruptedWriteTellsHowMuchWasTaken() throws Exception {
    Blocked writer = writer();
    writer.thread().interrupt();
    int taken = writer.failure(InterruptedIOException.class).bytesTransferred;
    near.shutdownOutput();
    assertEquals(taken, far.inputStream().readAllBytes().length);
  }

  @Test
  void anInterruptedThreadDoesNotBeginToWaitAndStaysInterrupted() throws Exception {
    assertTrue(
        get(
            start(
                () -> {
                  Thread.currentThread().interrupt();
                  assertThrows(
                      InterruptedIOException.class, () -> near.read(ByteBuffer.allocate(1)));
                  return Thread.currentThread().isInterrupted();
                })));
  }

  @Test
  void deadline() throws Exception {
    Blocked reader = reader();
    Blocked writer = writer();
    near.deadline(Duration.ofMillis(1));
    reader.failure(MuxException.Timeout.class);
    writer.failure(MuxException.Timeout.class);
    assertThrows(MuxException.Timeout.class, () -> near.read(ByteBuffer.allocate(1)));
    near.deadline(null);
    far.write(ByteBuffer.wrap(new byte[] {5}));
    assertEquals(1, near.read(ByteBuffer.allocate(1)));
  }

  @Test
  void resetByThePeer() throws Exception {
    Blocked reader = reader();
    far.reset(CODE);
    assertEquals(CODE, reader.failure(MuxException.Peer.class).code());
    assertThrows(MuxException.Peer.class, () -> near.read(ByteBuffer.allocate(1)));
  }

  @Test
  void stopSendingByThePeer() throws Exception {
    Blocked writer = writer();
    Blocked second = secondWriter();
    far.stopSending(CODE);
    assertEquals(CODE, writer.failure(MuxException.Peer.class).code());
    assertEquals(CODE, second.failure(MuxException.Peer.class).code());
  }

  @Test
  void resetByThisEnd() throws Exception {
    Blocked writer = writer();
    near.reset(CODE);
    assertEquals(CODE, writer.failure(MuxException.Local.class).code());
    MuxException.Peer failure =
        assertThrows(MuxException.Peer.class, () -> far.inputStream().readAllBytes());
    assertEquals(CODE, failure.code());
  }

  @Test
  void stopSendingByThisEnd() throws Exception {
    Blocked reader = reader();
    near.stopSending(CODE);
    assertEquals(CODE, reader.failure(MuxException.Local.class).code());
    MuxException.Peer failure =
        assertThrows(MuxException.Peer.class, () -> far.write(ByteBuffer.allocate(1_000_000)));
    assertEquals(CODE, failure.code());
  }

  @Test
  void closingTheStream() throws Exception {
    Blocked reader = reader();
    Blocked writer = writer();
    near.close();
    reader.failure(ClosedChannelException.class);
    writer.failure(MuxException.Local.class); // half of a write must not look like all of it
    assertThrows(ClosedChannelException.class, () -> near.read(ByteBuffer.allocate(1)));
    assertThrows(MuxException.Peer.class, () -> far.inputStream().readAllBytes());
  }

  @Test
  void endOfOutput() throws Exception {
    Blocked writer = writer();
    near.shutdownOutput();
    writer.failure(ClosedChannelException.class);
    assertThrows(ClosedChannelException.class, () -> near.write(ByteBuffer.allocate(1)));
  }

  @Test
  void theSessionClosedByThisEnd() throws Exception {
    Blocked[] all = {reader(), writer(), secondWriter(), Blocked.in(() -> loopback.near.accept())};
    loopback.near.close(CODE, "enough");
    for (Blocked blocked : all) {
      MuxException.Local failure = blocked.failure(MuxException.Local.class);
      assertEquals(CODE, failure.code());
      assertEquals("enough", failure.reason());
    }
    assertThrows(MuxException.Local.class, () -> loopback.near.open());
    assertThrows(MuxException.Local.class, () -> loopback.near.accept());
  }

  @Test
  void theSessionClosedByThePeer() throws Exception {
    Blocked[] all = {reader(), writer(), secondWriter(), Blocked.in(() -> loopback.near.accept())};
    loopback.far.close(CODE, "enough");
    for (Blocked blocked : all) {
      MuxException.Peer failure = blocked.failure(MuxException.Peer.class);
      assertEquals(CODE, failure.code());
      assertEquals("enough", failure.reason());
    }
  }

  @Test
  void theCarrierLost() throws Exception {
    Blocked[] all = {reader(), writer(), Blocked.in(() -> loopback.near.accept())};
    loopback.group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    for (Blocked blocked : all) {
      blocked.failure(MuxException.CarrierLost.class);
    }
    assertThrows(MuxException.CarrierLost.class, () -> loopback.near.open());
    assertThrows(
        MuxException.CarrierLost.class, () -> near.write(ByteBuffer.wrap(new byte[500_000])));
  }

  @Test
  void openingMoreStreamsThanThePeerAllows() throws Exception {
    Stream second = loopback.near.open();
    CompletableFuture<Stream> third = start(() -> loopback.near.open());
    Blocked fourth = Blocked.in(() -> loopback.near.open());
    fourth.thread().interrupt();
    fourth.failure(InterruptedIOException.class);
    second.write(ByteBuffer.wrap(new byte[] {1}));
    second.close();
    try (Stream accepted = loopback.far.accept()) {
      assertEquals(1, accepted.inputStream().read());
    }
    assertTrue(get(third).isLocal());
    Blocked fifth = Blocked.in(() -> loopback.near.open());
    loopback.far.close(CODE, "");
    fifth.failure(MuxException.Peer.class);
  }

  @Test
  void closingTheServerReleasesWhoAccepts() throws Exception {
    Blocked accepting = Blocked.in(() -> loopback.server.accept());
    loopback.near.close(0, "");
    loopback.server.close();
    accepting.failure(ClosedChannelException.class);
  }

  @Test
  void aConnectionThatIsNotAnswered() throws Exception {
    QuicConfig config = QuicConfig.DEFAULT.withHandshakeTimeoutNanos(50_000_000);
    try (var silent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      InetSocketAddress remote = (InetSocketAddress) silent.getLocalSocketAddress();
      assertThrows(
          MuxException.Timeout.class, () -> loopback.client(config).connect(remote, "localhost"));
      Blocked connecting =
          Blocked.in(() -> loopback.client(QuicConfig.DEFAULT).connect(remote, "localhost"));
      connecting.thread().interrupt();
      connecting.failure(InterruptedIOException.class);
    }
  }

  @Test
  void aUniStreamHasALimitOfItsOwn() throws Exception {
    Stream first = loopback.near.open(StreamType.UNIDIRECTIONAL, Stream.DEFAULT_PRIORITY);
    Blocked second =
        Blocked.in(() -> loopback.near.open(StreamType.UNIDIRECTIONAL, Stream.DEFAULT_PRIORITY));
    loopback.near.open().close();
    second.thread().interrupt();
    second.failure(InterruptedIOException.class);
    first.close();
  }
}
