package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.memux.engine.quic.Batches;
import dev.memux.engine.quic.SendBatch;
import io.netty.channel.EventLoop;
import java.lang.management.ManagementFactory;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What only our own socket does, and what it does when the kernel refuses. */
class LinuxUdpSocketTest {
  private static final int ROUNDS = 5_000;

  private final DatagramRecorder atServer = new DatagramRecorder();
  private Loopback loopback;
  private EventLoop loop;

  @BeforeEach
  void open() {
    loopback = new Loopback(IoTransport.EPOLL);
    loop = loopback.group.next();
    assumeTrue(LinuxUdpSocket.isAvailable());
  }

  @AfterEach
  void close() {
    loopback.close();
  }

  /** Calls that fail as they are told to. */
  private static final class FaultyCalls extends DatagramCalls {
    /** What the next calls return instead of being made. */
    final List<Integer> errors = new ArrayList<>();

    int mostAtOnce = Integer.MAX_VALUE;
    int calls;

    @Override
    int send(int descriptor, long messages, int count) {
      calls++;
      if (!errors.isEmpty()) {
        return errors.removeFirst();
      }
      return super.send(descriptor, messages, Math.min(count, mostAtOnce));
    }
  }

  private LinuxUdpSocket bind(UdpSocket.Receiver receiver, @Nullable DatagramCalls calls)
      throws Exception {
    return bind(receiver, calls, Loopback.anyPort());
  }

  private LinuxUdpSocket bind(
      UdpSocket.Receiver receiver, @Nullable DatagramCalls calls, InetSocketAddress local)
      throws Exception {
    LinuxUdpSocket socket =
        calls == null
            ? new LinuxUdpSocket(false, receiver)
            : new LinuxUdpSocket(
                false, receiver, new DatagramMemory(calls, UdpChannels.RECEIVE_BUFFER_BYTES));
    Loopback.get(socket.bind(loop, local, null));
    return socket;
  }

  private static InetSocketAddress address(UdpSocket socket) {
    return (InetSocketAddress) socket.channel().localAddress();
  }

  private <T> T onLoop(Callable<T> task) throws Exception {
    return Loopback.get(loop.submit(task));
  }

  private void onLoop(Runnable task) throws Exception {
    Loopback.get(loop.submit(task));
  }

  private void send(UdpSocket socket, SendBatch... batches) throws Exception {
    onLoop(
        () -> {
          for (SendBatch batch : batches) {
            socket.send(batch);
          }
          socket.flush();
        });
  }

  @Test
  void saysWhatIsInUse() throws Exception {
    assertEquals("ffm gro gso ecn", bind(atServer, null).io());
    LinuxUdpSocket forAll = bind(atServer, null, new InetSocketAddress(0));
    assertEquals("ffm gro gso ecn pktinfo", forAll.io());
    assertTrue(forAll.receiveBufferBytes() > 0 && forAll.sendBufferBytes() > 0);
  }

  @Test
  void aBatchArrivesJoined() throws Exception {
    LinuxUdpSocket server = bind(atServer, null);
    LinuxUdpSocket client = bind(new DatagramRecorder(), null);
    send(client, Batches.of(address(server), 1200, 1200, 1200, 1200, 77));
    Loopback.await(() -> atServer.datagrams.size() == 5);
    assertEquals(1, atServer.deliveries.get());
  }

  @Test
  void manyBatchesLeaveInOneCall() throws Exception {
    FaultyCalls calls = new FaultyCalls();
    LinuxUdpSocket client = bind(new DatagramRecorder(), calls);
    InetSocketAddress to = address(bind(atServer, null));
    send(client, Batches.of(to, 10), Batches.of(to, 20, 20), Batches.of(to, 30, 30, 5));
    Loopback.await(() -> atServer.datagrams.size() == 6);
    assertEquals(List.of(10, 20, 20, 30, 30, 5), atServer.sizes());
    assertEquals(1, calls.calls);
  }

  @Test
  void datagramsOfOneSizeAreJoinedWhoeverSendsThem() throws Exception {
    LinuxUdpSocket client = bind(new DatagramRecorder(), null);
    InetSocketAddress to = address(bind(atServer, null));
    send(
        client,
        Batches.of(to, 100),
        Batches.of(to, 100),
        Batches.of(to, 100, 100),
        Batches.of(to, 60), // the shorter one is the last
        Batches.of(to, 100, 100, 60),
        Batches.of(to, 60, 60)); // a shorter one is there already
    Loopback.await(() -> atServer.datagrams.size() == 10);
    assertEquals(List.of(100, 100, 100, 100, 60, 100, 100, 60, 60, 60), atServer.sizes());
    assertEquals(3, atServer.deliveries.get());
  }

  @Test
  void noMoreIsJoinedThanTheKernelSplits() throws Exception {
    LinuxUdpSocket client = bind(new DatagramRecorder(), null);
    InetSocketAddress to = address(bind(atServer, null));
    SendBatch[] small = new SendBatch[SendBatch.MAX_SEGMENTS + 1];
    Arrays.fill(small, Batches.of(to, 50));
    send(client, small);
    Loopback.await(() -> atServer.datagrams.size() == small.length);
    assertEquals(2, atServer.deliveries.get());
    SendBatch[] large = new SendBatch[SendBatch.CAPACITY_BYTES / 1400 + 1];
    Arrays.fill(large, Batches.of(to, 1400));
    send(client, large);
    Loopback.await(() -> atServer.datagrams.size() == small.length + large.length);
    assertEquals(4, atServer.deliveries.get());
  }

  @Test
  void datagramsToOthersAndWithOtherMarksAreNotJoined() throws Exception {
    LinuxUdpSocket client = bind(new DatagramRecorder(), null);
    DatagramRecorder atOther = new DatagramRecorder();
    InetSocketAddress to = address(bind(atServer, null));
    InetSocketAddress other = address(bind(atOther, null));
    send(
        client,
        Batches.of(to, 100),
        Batches.of(other, 100),
        Batches.of(to, 100),
        Batches.marked(1, Batches.of(to, 100)));
    Loopback.await(() -> atServer.datagrams.size() + atOther.datagrams.size() == 4);
    assertEquals(1, atOther.datagrams.size());
    assertEquals(List.of(0, 0, 1), atServer.datagrams.stream().map(each -> each.ecn()).toList());
  }

  @Test
  void whatWasJoinedIsSentPacketByPacketWhereSegmentationIsRefused() throws Exception {
    FaultyCalls calls = new FaultyCalls();
    LinuxUdpSocket client = bind(new DatagramRecorder(), calls);
    InetSocketAddress to = address(bind(atServer, null));
    calls.errors.add(Errno.EIO);
    send(client, Batches.of(to, 700), Batches.of(to, 700), Batches.of(to, 300));
    send(client, Batches.of(to, 700), Batches.of(to, 700));
    Loopback.await(() -> atServer.datagrams.size() == 5);
    assertEquals(List.of(700, 700, 300, 700, 700), atServer.sizes());
    assertEquals(5, atServer.deliveries.get(), "one by one, and no more joined");
  }

  @Test
  void moreMessagesThanACallTakesLeaveInSeveral() throws Exception {
    FaultyCalls calls = new FaultyCalls();
    LinuxUdpSocket client = bind(new DatagramRecorder(), calls);
    InetSocketAddress to = address(bind(atServer, null));
    SendBatch[] batches = new SendBatch[SendArena.MAX_MESSAGES + 1];
    for (int i = 0; i < batches.length; i++) {
      batches[i] = Batches.of(to, 1 + i); // each longer than the one before: none is joined
    }
    send(client, batches);
    Loopback.await(() -> atServer.datagrams.size() == batches.length);
    assertEquals(2, calls.calls);
  }

  @Test
  void moreThanTheMemoryTakesLeavesInSeveralCalls() throws Exception {
    LinuxUdpSocket client = bind(new DatagramRecorder(), null);
    InetSocketAddress to = address(bind(atServer, null));
    SendBatch[] batches = new SendBatch[SendArena.MAX_MESSAGES + 1];
    List<Integer> sizes = new ArrayList<>();
    for (int i = 0; i < batches.length; i++) {
      int bytes = i % 8 == 0 ? 60_000 : 100 + i;
      batches[i] = Batches.of(to, bytes);
      sizes.add(bytes);
    }
    send(client, batches);
    Loopback.await(() -> atServer.datagrams.size() == batches.length);
    assertEquals(sizes, atServer.sizes());
  }

  @Test
  void whatIsLeftOfACallFollowsInTheNext() throws Exception {
    FaultyCalls calls = new FaultyCalls();
    calls.mostAtOnce = 2;
    LinuxUdpSocket client = bind(new DatagramRecorder(), calls);
    InetSocketAddress to = address(bind(atServer, null));
    send(client, Batches.of(to, 1), Batches.of(to, 2), Batches.of(to, 3));
    Loopback.await(() -> atServer.datagrams.size() == 3);
    assertEquals(List.of(1, 2, 3), atServer.sizes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.0.0.2", "::1"})
  void answersFromTheAddressThatWasAsked(String host) throws Exception {
    LinuxUdpSocket server = bind(atServer, null, new InetSocketAddress("0.0.0.0", 0));
    try (DatagramSocket client = new DatagramSocket()) {
      client.setSoTimeout((int) (Loopback.PATIENCE_SECONDS * 1000));
      // Connected: it hears nobody else.
      client.connect(InetAddress.getByName(host), address(server).getPort());
      client.send(new DatagramPacket(new byte[9], 9));
      Loopback.await(() -> atServer.datagrams.size() == 1);
      InetSocketAddress sender = atServer.datagrams.getFirst().sender();
      assertEquals(client.getLocalSocketAddress(), sender);
      send(server, Batches.of(sender, 700, 700, 40));
      DatagramPacket answer = new DatagramPacket(new byte[2000], 2000);
      for (int bytes : new int[] {700, 700, 40}) {
        client.receive(answer);
        assertEquals(bytes, answer.getLength());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void marksWhatItSendsAndReadsTheMarks(String host) throws Exception {
    // RFC 3168 §5, RFC 9000 §13.4: whole batches and single datagrams, either family.
    LinuxUdpSocket server = bind(atServer, null, new InetSocketAddress("::", 0));
    LinuxUdpSocket client = bind(new DatagramRecorder(), null, new InetSocketAddress("::", 0));
    InetSocketAddress to = new InetSocketAddress(host, address(server).getPort());
    for (int ecn = 0; ecn < 4; ecn++) {
      send(client, Batches.marked(ecn, Batches.of(to, 1200, 1200)));
      send(client, Batches.marked(ecn, Batches.of(to, 100)));
      int all = 3 * (ecn + 1);
      Loopback.await(() -> atServer.datagrams.size() == all);
      for (DatagramRecorder.Datagram each : atServer.datagrams.subList(all - 3, all)) {
        assertEquals(ecn, each.ecn());
      }
    }
  }

  @Test
  void theSameSenderCostsNoNewAddress() throws Exception {
    LinuxUdpSocket server = bind(atServer, null);
    try (DatagramSocket one = new DatagramSocket(Loopback.anyPort());
        DatagramSocket two = new DatagramSocket(Loopback.anyPort())) {
      for (DatagramSocket each : List.of(one, two, one)) {
        int before = atServer.datagrams.size();
        each.send(new DatagramPacket(new byte[9], 9, address(server)));
        Loopback.await(() -> atServer.datagrams.size() > before);
      }
    }
    InetSocketAddress first = atServer.datagrams.get(0).sender();
    assertInstanceOf(PeerAddress.class, first);
    assertNotSame(first, atServer.datagrams.get(1).sender());
    assertSame(first, atServer.datagrams.get(2).sender());
  }

  @Test
  void aFullSocketGoesOnWhenThereIsRoom() throws Exception {
    FaultyCalls calls = new FaultyCalls();
    DatagramRecorder atClient = new DatagramRecorder();
    LinuxUdpSocket client = bind(atClient, calls);
    InetSocketAddress to = address(bind(atServer, null));
    calls.errors.add(Errno.EAGAIN);
    calls.errors.add(Errno.EAGAIN);
    boolean writable =
        onLoop(
            () -> {
              client.send(Batches.of(to, 1200, 1200, 7));
              client.send(Batches.of(to, 8));
              client.flush();
              boolean then = client.isWritable();
              client.send(Batches.of(to, 9)); // who does not look is not punished
              client.flush();
              return then;
            });
    assertFalse(writable);
    Loopback.await(() -> atServer.datagrams.size() == 5);
    assertEquals(List.of(1200, 1200, 7, 8, 9), atServer.sizes());
    assertTrue(onLoop(client::isWritable));
    assertEquals(1, atClient.writable.get());
    int callsSoFar = calls.calls;
    send(client, Batches.of(to, 10));
    Loopback.await(() -> atServer.datagrams.size() == 6);
    assertEquals(callsSoFar + 1, calls.calls, "waits for room no more");
  }

  @Test
  void sendsPacketByPacketWhereSegmentationIsRefused() throws Exception {
    FaultyCalls calls = new FaultyCalls();
    LinuxUdpSocket client = bind(new DatagramRecorder(), calls);
    InetSocketAddress to = address(bind(atServer, null));
    calls.errors.add(Errno.EIO);
    send(client, Batches.of(to, 1200, 1200, 300));
    Loopback.await(() -> atServer.datagrams.size() == 3);
    send(client, Batches.of(to, 1000, 1000));
    Loopback.await(() -> atServer.datagrams.size() == 5);
    assertEquals(List.of(1200, 1200, 300, 1000, 1000), atServer.sizes());
    assertEquals(5, atServer.deliveries.get(), "one by one");
    DatagramRecorder elsewhere = new DatagramRecorder();
    send(client, Batches.of(address(bind(elsewhere, null)), 1000, 1000));
    Loopback.await(() -> elsewhere.datagrams.size() == 2);
    assertEquals(1, elsewhere.deliveries.get(), "another way, segmented");
  }

  @Test
  void aRefusedBatchWaitsForRoomInItsMiddle() throws Exception {
    FaultyCalls calls = new FaultyCalls();
    LinuxUdpSocket client = bind(new DatagramRecorder(), calls);
    InetSocketAddress to = address(bind(atServer, null));
    calls.errors.add(Errno.EINVAL);
    calls.errors.add(1); // the first packet, as far as it knows
    calls.errors.add(Errno.EAGAIN);
    send(client, Batches.of(to, 1200, 1200, 900), Batches.of(to, 5));
    Loopback.await(() -> atServer.datagrams.size() == 3);
    assertEquals(List.of(1200, 900, 5), atServer.sizes());
  }

  /** The interface's MTU has shrunk, or a packet that was to find out was too large for it. */
  @Test
  void packetsThatAreTooLargeAreLostAndSegmentationStays() throws Exception {
    FaultyCalls calls = new FaultyCalls();
    LinuxUdpSocket client = bind(new DatagramRecorder(), calls);
    InetSocketAddress to = address(bind(atServer, null));
    calls.errors.add(Errno.EINVAL);
    calls.errors.add(Errno.EMSGSIZE);
    send(client, Batches.of(to, 1400, 1400), Batches.of(to, 700), Batches.of(to, 600, 600));
    Loopback.await(() -> atServer.datagrams.size() == 3);
    assertEquals(List.of(700, 600, 600), atServer.sizes(), "the shorter one was joined to them");
    assertEquals(2, atServer.deliveries.get());
    assertTrue(onLoop(client::isWritable));
  }

  /** What the kernel says may be about an earlier datagram; this one has not been tried. */
  @Test
  void anIcmpMessageCostsNoDatagram() throws Exception {
    FaultyCalls calls = new FaultyCalls();
    DatagramRecorder atClient = new DatagramRecorder();
    LinuxUdpSocket client = bind(atClient, calls);
    InetSocketAddress to = address(bind(atServer, null));
    calls.errors.add(Errno.ECONNREFUSED);
    calls.errors.add(Errno.EINTR);
    send(client, Batches.of(to, 1), Batches.of(to, 2));
    Loopback.await(() -> atServer.datagrams.size() == 2);
    assertEquals(List.of(1, 2), atServer.sizes());
    assertEquals(1, atClient.unreachable.get());
    calls.errors.add(Errno.ECONNREFUSED);
    calls.errors.add(Errno.ECONNREFUSED); // it is about this one, after all
    send(client, Batches.of(to, 3), Batches.of(to, 4));
    Loopback.await(() -> atServer.datagrams.size() == 3);
    assertEquals(List.of(1, 2, 4), atServer.sizes());
  }

  @Test
  void aDatagramLargerThanAnyBufferIsDropped() throws Exception {
    LinuxUdpSocket server =
        new LinuxUdpSocket(false, atServer, new DatagramMemory(new DatagramCalls(), 2048));
    Loopback.get(server.bind(loop, Loopback.anyPort(), null));
    try (DatagramSocket client = new DatagramSocket()) {
      for (int bytes : new int[] {2049, 2048, 60_000, 7}) {
        client.send(new DatagramPacket(new byte[bytes], bytes, address(server)));
      }
    }
    Loopback.await(() -> atServer.datagrams.size() == 2);
    assertEquals(List.of(2048, 7), atServer.sizes());
  }

  @Test
  void anEmptyDatagramIsNothing() throws Exception {
    LinuxUdpSocket server = bind(atServer, null);
    try (DatagramSocket client = new DatagramSocket()) {
      client.send(new DatagramPacket(new byte[0], 0, address(server)));
      client.send(new DatagramPacket(new byte[7], 7, address(server)));
    }
    Loopback.await(() -> !atServer.datagrams.isEmpty());
    assertEquals(List.of(7), atServer.sizes());
  }

  @Test
  void socketsOfALoopShareWhatTheySendFrom() throws Exception {
    LinuxUdpSocket one = bind(new DatagramRecorder(), null);
    LinuxUdpSocket two = bind(new DatagramRecorder(), null);
    LinuxUdpSocket gone = bind(new DatagramRecorder(), null);
    InetSocketAddress to = address(bind(atServer, null));
    onLoop(
        () -> {
          gone.send(Batches.of(to, 99));
          assertTrue(DatagramMemory.of(loop).isSending(gone));
          gone.channel().close();
          assertFalse(DatagramMemory.of(loop).isSending(gone));
          one.send(Batches.of(to, 1));
          two.send(Batches.of(to, 2));
          two.flush();
          one.flush();
        });
    Loopback.await(() -> atServer.datagrams.size() == 2);
    assertEquals(List.of(1, 2), atServer.sizes(), "what a closed socket had not sent is lost");
    assertEquals(address(one), atServer.datagrams.get(0).sender());
    assertEquals(address(two), atServer.datagrams.get(1).sender());
  }

  @Test
  void aThousandSocketsLeaveNothingBehind() throws Exception {
    InetSocketAddress to = address(bind(atServer, null));
    DatagramMemory memory = DatagramMemory.of(loop);
    long before = openDescriptors();
    for (int i = 0; i < 1000; i++) {
      LinuxUdpSocket socket = bind(new DatagramRecorder(), null);
      send(socket, Batches.of(to, 100, 100));
      Loopback.get(socket.channel().close());
    }
    Loopback.await(() -> atServer.datagrams.size() == 2000);
    assertSame(memory, DatagramMemory.of(loop), "the only one with native memory");
    assertTrue(openDescriptors() < before + 50, before + " before, now " + openDescriptors());
  }

  private static long openDescriptors() throws Exception {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.count();
    }
  }

  @Test
  void sendingAndReceivingAllocateNothing() throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Counter counter = new Counter();
    LinuxUdpSocket socket = bind(counter, null);
    onLoop(() -> roundTrip(socket, Batches.of(address(socket), 100)));
    SendBatch batch = Batches.of(counter.sender(), 1200, 1200, 1200, 500);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Loopback.PATIENCE_SECONDS);
    long allocated;
    do { // until the compiler has got round to all of it
      counter.count = 0;
      allocated =
          onLoop(
              () -> {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < ROUNDS; i++) {
                  roundTrip(socket, batch);
                }
                return threads.getCurrentThreadAllocatedBytes() - before;
              });
      assertEquals(4 * ROUNDS, counter.count);
    } while (allocated >= ROUNDS && System.nanoTime() < deadline);
    assertTrue(allocated < ROUNDS, allocated + " bytes for " + 4 * ROUNDS + " datagrams");
  }

  private static void roundTrip(LinuxUdpSocket socket, SendBatch batch) {
    socket.send(batch);
    socket.flush();
    socket.onReadable(); // on the loopback interface it has arrived
  }

  /** Keeps nothing. */
  private static final class Counter implements UdpSocket.Receiver {
    int count;
    private @Nullable InetSocketAddress sender;

    InetSocketAddress sender() {
      if (sender == null) {
        throw new IllegalStateException("nothing arrived");
      }
      return sender;
    }

    @Override
    public void onDatagrams(
        InetSocketAddress from, byte[] buffer, int offset, int length, int segment, int ecn) {
      sender = from;
      count += (length + segment - 1) / segment;
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onWritable() {}

    @Override
    public void onUnreachable() {}
  }
}
