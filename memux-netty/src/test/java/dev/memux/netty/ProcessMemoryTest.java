package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.TransportError;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.quic.QuicStreamType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Memory that connections of many loops share. */
class ProcessMemoryTest {
  private static final long MIB = 1 << 20;

  private final ProcessMemory memory = new ProcessMemory(4 * MIB);

  @Test
  void whoWaitsIsCalledInOrderAndOneAtATime() {
    memory.add(memory.sendLimit());
    List<Integer> called = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int n = i;
      memory.awaitRoom(() -> called.add(n));
    }
    assertEquals(List.of(), called);
    memory.add(-1000);
    assertEquals(List.of(), called, "not for so little");
    memory.add(-(128 << 10));
    assertEquals(List.of(0), called);
    memory.wakeNext();
    assertEquals(List.of(0, 1), called);
    memory.add(128 << 10);
    memory.wakeNext();
    assertEquals(List.of(0, 1), called, "there is no room any more");
    memory.add(-MIB);
    assertEquals(List.of(0, 1, 2), called);
  }

  @Test
  void whatCameBackBeforeOneWaitsIsNotMissed() {
    AtomicInteger called = new AtomicInteger();
    memory.awaitRoom(called::incrementAndGet);
    assertEquals(1, called.get());
  }

  @Test
  void aLoopThatIsGoneKeepsNobodyWaiting() {
    memory.add(memory.sendLimit());
    AtomicInteger called = new AtomicInteger();
    memory.awaitRoom(
        () -> {
          throw new RejectedExecutionException("gone");
        });
    memory.awaitRoom(called::incrementAndGet);
    memory.add(-MIB);
    assertEquals(1, called.get());
  }

  @Test
  void losesNoWakeUpBetweenThreads() throws Exception {
    int threads = 4;
    int rounds = 5000;
    AtomicLong woken = new AtomicLong();
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      Thread worker =
          new Thread(
              () -> {
                for (int n = 0; n < rounds; n++) {
                  memory.add(MIB);
                  memory.awaitRoom(
                      () -> {
                        woken.incrementAndGet();
                        memory.wakeNext();
                      });
                  memory.add(-MIB);
                }
              });
      worker.start();
      workers.add(worker);
    }
    for (Thread worker : workers) {
      worker.join();
    }
    assertEquals((long) threads * rounds, woken.get());
    assertEquals(0, memory.heldBytes());
  }

  @Test
  void tooLittleIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new ProcessMemory(MIB - 1));
  }

  // With connections.

  @ParameterizedTest
  @EnumSource(IoTransport.class)
  void slowReadersWaitForOneAnotherAndAllGetEverything(IoTransport transport) throws Exception {
    int clients = 24;
    // More than a stream's window and least buffer: the rest stays where it is until it is read.
    int bytes = 900_000;
    try (Loopback loopback = new Loopback(transport, 2)) {
      List<ChannelFuture> writes = new ArrayList<>();
      QuicServer server =
          Loopback.get(
              loopback
                  .server()
                  .memory(memory)
                  .childHandler(Loopback.initializer(Recorder::new))
                  .bind(Loopback.anyPort()));
      List<Recorder> readers = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        Recorder reader = new Recorder();
        readers.add(reader);
        Loopback.connect(
            loopback.client().streamOption(ChannelOption.AUTO_READ, false).streamHandler(reader),
            server);
      }
      Loopback.await(() -> server.connectionCount() == clients);
      for (var connection : server.connections()) {
        var stream =
            Loopback.get(
                ((MuxQuicChannel) connection)
                    .createStream(QuicStreamType.UNIDIRECTIONAL, new Recorder()));
        writes.add(stream.writeAndFlush(Unpooled.wrappedBuffer(new byte[bytes])));
        stream.shutdownOutput();
      }
      Loopback.await(() -> memory.heldBytes() + (64 << 10) > memory.sendLimit());
      assertTrue(writes.stream().anyMatch(w -> !w.isDone()), "nobody had to wait");
      Loopback.await(
          () -> { // whoever has got no memory yet has no stream either
            readers.forEach(ProcessMemoryTest::read);
            return readers.stream().allMatch(Recorder::ended);
          });
      readers.forEach(reader -> assertEquals(bytes, reader.size()));
      Loopback.await(() -> memory.heldBytes() == 0);
      Loopback.get(server.close());
      Loopback.await(() -> memory.connections() == 0);
    }
  }

  private static void read(Recorder reader) {
    if (reader.channel != null) {
      reader.channel.config().setAutoRead(true);
    }
  }

  @Test
  void withoutMemoryNewConnectionsAreRefused() throws Exception {
    // RFC 9000 §20.1
    try (Loopback loopback = new Loopback(IoTransport.preferred())) {
      QuicServer server =
          Loopback.get(
              loopback
                  .server()
                  .memory(memory)
                  .streamHandler(Loopback.initializer(Echo::new))
                  .bind(Loopback.anyPort()));
      memory.add(memory.maxBytes());
      Throwable refused =
          Loopback.failure(loopback.client().connect(server.localAddress(), Loopback.SERVER_NAME));
      assertEquals(
          TransportError.CONNECTION_REFUSED,
          assertInstanceOf(QuicConnectException.class, refused).reason().code());
      memory.add(-memory.maxBytes());
      loopback.connect(server);
      Loopback.get(server.close());
    }
  }
}
