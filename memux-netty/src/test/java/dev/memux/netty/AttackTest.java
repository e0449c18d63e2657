package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.quic.Pings;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a server with its default configuration withstands on real sockets: memory comes back within
 * ten seconds, and whoever was there before notices little (RFC 9000 §21).
 *
 * <p>{@code memux.attack.initials}, {@code .handshakes}, {@code .connections} and {@code
 * .frames.per.connection} set the sizes; those that end in {@code .per.second} the rates. How long
 * answers take is printed, and judged with {@code -Dmemux.attack.latency=true}, for which the
 * machine must have nothing else to do.
 */
class AttackTest {
  private static final int INITIALS = Integer.getInteger("memux.attack.initials", 100_000);
  private static final int HANDSHAKES = Integer.getInteger("memux.attack.handshakes", 10_000);
  private static final int CONNECTIONS = Integer.getInteger("memux.attack.connections", 1000);
  private static final int INITIALS_PER_SECOND =
      Integer.getInteger("memux.attack.initials.per.second", 10_000);
  private static final int HANDSHAKES_PER_SECOND =
      Integer.getInteger("memux.attack.handshakes.per.second", 1000);

  private static final int FRAMES_PER_CONNECTION =
      Integer.getInteger("memux.attack.frames.per.connection", 100);
  private static final int FRAMES_PER_SECOND =
      Integer.getInteger("memux.attack.frames.per.second", 10_000);

  /** By then a connection has the memory that it needs to have anything under way at all. */
  private static final int REHEARSED_FRAMES = 60;

  /** A machine that does other things beside makes answers wait longer than any attack. */
  private static final boolean JUDGES_LATENCY = Boolean.getBoolean("memux.attack.latency");

  private static final int SOURCES = 500;
  private static final int HONEST_CLIENTS = 8;
  private static final long HONEST_PAUSE_MILLIS = 5;

  /** Requests that tell how it was before. */
  private static final int REQUESTS_BEFORE = 2000;

  /** What may be left of the attack in the heap, of all that was there before. */
  private static final double HEAP_GROWTH = 1.05;

  /** How much longer the slowest hundredth of answers may take. */
  private static final double SLOWER = 2;

  /** Below this nobody notices. */
  private static final double UNNOTICED_MILLIS = 10;

  /** Threads that a request and its answer wait for, attackers beside them, on a busy machine. */
  private static final int WAKE_UPS = 4;

  /** Sleeps are not more exact. */
  private static final long MAX_AHEAD_NANOS = 100_000;

  private static final long RECOVERY_SECONDS = 10;

  private Loopback servers;
  private Loopback clients;
  private Loopback attackers;
  private QuicServer server;
  private HonestClients honest;
  private final List<DatagramChannel> sources = new ArrayList<>();

  @BeforeEach
  void listen() throws Exception {
    servers = new Loopback(IoTransport.preferred());
    clients = new Loopback(IoTransport.preferred());
    attackers = new Loopback(IoTransport.preferred());
    server = servers.listen(Echo::new);
    honest = new HonestClients(clients, server, HONEST_CLIENTS, HONEST_PAUSE_MILLIS);
  }

  @AfterEach
  void close() throws Exception {
    for (DatagramChannel source : sources) {
      source.close();
    }
    honest.stop();
    Loopback.get(server.close());
    clients.close();
    attackers.close();
    servers.close();
  }

  private interface Attack {
    void run() throws Exception;
  }

  @Test
  void spoofedInitialPackets() throws Exception {
    ForgedInitials initials = new ForgedInitials(server.localAddress());
    openSources();
    withstand(
        "spoofed Initial packets",
        () -> paced(200, INITIALS_PER_SECOND, i -> send(i, initials.next())),
        () -> paced(INITIALS, INITIALS_PER_SECOND, i -> send(i, initials.next())));
  }

  @Test
  void handshakesThatStopAfterTheFirstFlight() throws Exception {
    ForgedInitials initials = new ForgedInitials(server.localAddress());
    openSources();
    withstand(
        "half-open handshakes",
        () -> halfOpen(1500, initials),
        () -> halfOpen(HANDSHAKES, initials));
  }

  /** Clients at addresses of their own: they answer a Retry, and then say no more. */
  private void halfOpen(int count, ForgedInitials initials) throws Exception {
    for (DatagramChannel source : sources) {
      source.configureBlocking(false);
    }
    paced(
        count,
        HANDSHAKES_PER_SECOND,
        i -> {
          send(i, initials.next());
          answerRetries(source(i - SOURCES / 2), initials);
        });
    for (DatagramChannel source : sources) {
      answerRetries(source, initials);
    }
  }

  private void answerRetries(DatagramChannel source, ForgedInitials initials) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(2048);
    PacketHeader header = new PacketHeader();
    while (source.receive(buffer.clear()) != null) {
      if (header.parse(buffer.array(), 0, buffer.position(), 8)
          && header.type() == PacketType.RETRY) {
        byte[] retry = new byte[buffer.position()];
        buffer.flip().get(retry);
        source.send(ByteBuffer.wrap(initials.answer(retry, header)), server.localAddress());
      }
    }
  }

  @Test
  void connectionsThatOnlySendPings() throws Exception {
    List<QuicChannel> connections = connect(CONNECTIONS);
    withstand(
        "connections that only PING",
        () -> ping(connections, REHEARSED_FRAMES),
        () -> ping(connections, FRAMES_PER_CONNECTION));
  }

  private static void ping(List<QuicChannel> connections, int each) throws Exception {
    paced(
        each * connections.size(),
        FRAMES_PER_SECOND,
        i -> {
          MuxQuicChannel connection = (MuxQuicChannel) connections.get(i % connections.size());
          DrivenConnection driven = (DrivenConnection) connection.carrier();
          connection
              .eventLoop()
              .execute(
                  () -> {
                    Pings.add(driven.connection);
                    driven.wake();
                  });
        });
  }

  @Test
  void connectionsThatOnlySendTinyFrames() throws Exception {
    List<QuicStreamChannel> streams = new ArrayList<>();
    for (QuicChannel connection : connect(CONNECTIONS)) {
      streams.add(Loopback.open(connection, new ChannelInboundHandlerAdapter()));
    }
    withstand(
        "connections that only send tiny frames",
        () -> dribble(streams, REHEARSED_FRAMES),
        () -> dribble(streams, FRAMES_PER_CONNECTION));
  }

  /** Streams that grow by a byte at a time. */
  private static void dribble(List<QuicStreamChannel> streams, int each) throws Exception {
    ByteBuf tiny = Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(new byte[1]));
    paced(
        each * streams.size(),
        FRAMES_PER_SECOND,
        i -> streams.get(i % streams.size()).writeAndFlush(tiny.duplicate()));
  }

  private List<QuicChannel> connect(int count) throws Exception {
    QuicClientBootstrap bootstrap = attackers.client();
    List<QuicChannel> connections = new ArrayList<>();
    while (connections.size() < count) {
      List<Future<QuicChannel>> some = new ArrayList<>();
      for (int i = 0; i < Math.min(20, count - connections.size()); i++) {
        some.add(bootstrap.connect(server.localAddress(), Loopback.SERVER_NAME));
      }
      for (Future<QuicChannel> one : some) {
        connections.add(Loopback.get(one));
      }
    }
    return connections;
  }

  private void withstand(String name, Attack rehearsal, Attack attack) throws Exception {
    Loopback.await(() -> honest.answered() >= REQUESTS_BEFORE);
    rehearsal.run(); // so that all classes are there
    int connections = server.connectionCount(); // those that stay
    int from = honest.answered();
    Loopback.await(() -> honest.answered() >= from + REQUESTS_BEFORE);
    double before = honest.millis(from, 0.99);
    long heapBefore = heapAfterCollection();
    long mayBe = (long) (HEAP_GROWTH * heapBefore);
    int begin = honest.answered();
    long beginNanos = System.nanoTime();
    long cpuBefore = serverCpuNanos();

    double lateness;
    try (MachineLateness machine = new MachineLateness()) {
      yielding(attack);
      lateness = machine.millis(0.99);
    }
    double during = honest.millis(begin, 0.99);
    double seconds = (System.nanoTime() - beginNanos) / 1e9;
    double cpu = (serverCpuNanos() - cpuBefore) / 1e9;
    long heapAtEnd = heapAfterCollection();
    long ended = System.nanoTime();
    long heapAfter = awaitRecovery(connections, mayBe);
    double recovered = (System.nanoTime() - ended) / 1e9;
    System.out.printf(
        "%s: %.1f s, server loop %.1f s of CPU; p99 before %.2f ms, during %.2f ms (%d answers,"
            + " median %.2f; an idle thread wakes %.2f ms late); heap before %.1f MB, at the end"
            + " %.1f MB, %.1f s later %.1f MB%n",
        name,
        seconds,
        cpu,
        before,
        during,
        honest.answered() - begin,
        honest.millis(begin, 0.5),
        lateness,
        heapBefore / 1e6,
        heapAtEnd / 1e6,
        recovered,
        heapAfter / 1e6);
    assertEquals(0, honest.failures());
    assertTrue(heapAfter <= mayBe, heapBefore + " bytes, then " + heapAfter);
    assertTrue(recovered <= RECOVERY_SECONDS + 1, "recovered after " + recovered + " s");
    double allowed = Math.max(SLOWER * before, UNNOTICED_MILLIS) + WAKE_UPS * lateness;
    assertTrue(
        !JUDGES_LATENCY || during <= allowed, before + " ms before, " + during + " ms during");
  }

  /**
   * Behind all other threads, where there are such: attackers have processors of their own, and are
   * here only because there is but one machine.
   */
  private static void yielding(Attack attack) throws Exception {
    CompletableFuture<Void> done = new CompletableFuture<>();
    new YieldingThreads("attacker")
        .newThread(
            () -> {
              try {
                attack.run();
                done.complete(null);
              } catch (Throwable e) {
                done.completeExceptionally(e);
              }
            })
        .start();
    done.get();
  }

  /**
   * Waits until the server has forgotten what has come since, for ten seconds at most.
   *
   * @return the heap then
   */
  private long awaitRecovery(int connections, long heapBytes) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(RECOVERY_SECONDS);
    while (serverConnections() > connections && System.nanoTime() < deadline) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
    long heap = heapAfterCollection();
    while (heap > heapBytes && System.nanoTime() < deadline) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
      heap = heapAfterCollection();
    }
    return heap;
  }

  private int serverConnections() {
    UdpDriver driver = server.drivers().getFirst();
    return driver.eventLoop().submit(driver::connectionCount).syncUninterruptibly().getNow();
  }

  private long serverCpuNanos() {
    return server
        .drivers()
        .getFirst()
        .eventLoop()
        .submit(() -> ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime())
        .syncUninterruptibly()
        .getNow();
  }

  private static long heapAfterCollection() {
    System.gc();
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private interface Step {
    void run(int i) throws Exception;
  }

  /** What was missed while the machine did other things is not made up for: no bursts. */
  private static void paced(int steps, int perSecond, Step step) throws Exception {
    long pauseNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
    long due = System.nanoTime();
    for (int i = 0; i < steps; i++) {
      step.run(i);
      due += pauseNanos;
      long early = due - System.nanoTime();
      if (early > MAX_AHEAD_NANOS) {
        LockSupport.parkNanos(early);
      } else if (early < 0) {
        due -= early;
      }
    }
  }

  /** Loopback interfaces have 16 million addresses. */
  private void openSources() throws IOException {
    for (int i = 0; i < SOURCES; i++) {
      InetAddress address =
          InetAddress.getByAddress(new byte[] {127, 1, (byte) (i >> Byte.SIZE), (byte) i});
      sources.add(DatagramChannel.open().bind(new InetSocketAddress(address, 0)));
    }
  }

  private DatagramChannel source(int i) {
    return sources.get(Math.floorMod(i, SOURCES));
  }

  private void send(int i, byte[] datagram) throws IOException {
    source(i).send(ByteBuffer.wrap(datagram), server.localAddress());
  }
}
