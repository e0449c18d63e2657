package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.memux.engine.quic.Batches;
import dev.memux.engine.quic.SendBatch;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every kind of socket does, on the loopback interface. */
class UdpSocketTest {
  /** The kinds of socket. */
  enum Kind {
    LINUX(IoTransport.EPOLL),
    NETTY_EPOLL(IoTransport.EPOLL),
    NETTY_NIO(IoTransport.NIO);

    final IoTransport transport;

    Kind(IoTransport transport) {
      this.transport = transport;
    }

    Loopback loopback() {
      Loopback loopback = new Loopback(transport);
      if (this == LINUX) {
        assumeTrue(LinuxUdpSocket.isAvailable());
      }
      return loopback;
    }

    UdpSocket open(UdpSocket.Receiver receiver) {
      return this == LINUX
          ? new LinuxUdpSocket(false, receiver)
          : new ChannelUdpSocket(
              UdpChannels.create(transport, false), UdpChannels.canSegment(transport), receiver);
    }
  }

  private static InetSocketAddress bind(
      Loopback loopback, UdpSocket socket, @Nullable InetSocketAddress remote) throws Exception {
    Loopback.get(socket.bind(loopback.group.next(), Loopback.anyPort(), remote));
    return (InetSocketAddress) socket.channel().localAddress();
  }

  private static void send(UdpSocket socket, SendBatch... batches) throws Exception {
    Loopback.get(
        socket
            .channel()
            .eventLoop()
            .submit(
                () -> {
                  for (SendBatch batch : batches) {
                    socket.send(batch);
                  }
                  socket.flush();
                }));
  }

  private static void send(DatagramSocket from, int bytes, UdpSocket to) throws Exception {
    from.send(new DatagramPacket(new byte[bytes], bytes, to.channel().localAddress()));
  }

  /** Lets the loop stand still while {@code something} happens. */
  private static void whileBusy(EventLoop loop, Something something) throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    loop.execute(
        () -> {
          busy.countDown();
          try {
            done.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    busy.await();
    try {
      something.happen();
    } finally {
      done.countDown();
    }
  }

  private interface Something {
    void happen() throws Exception;
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void readsManyDatagramsInOneWakeUp(Kind kind) throws Exception {
    try (Loopback loopback = kind.loopback();
        DatagramSocket peer = new DatagramSocket()) {
      DatagramRecorder recorder = new DatagramRecorder();
      UdpSocket socket = kind.open(recorder);
      bind(loopback, socket, null);
      whileBusy(
          socket.channel().eventLoop(),
          () -> {
            for (int i = 0; i < 100; i++) {
              send(peer, 1200, socket);
            }
          });
      Loopback.await(() -> recorder.datagrams.size() == 100);
      Loopback.await(() -> recorder.perRead.contains(100));
      assertEquals(List.of(100), recorder.perRead.stream().filter(n -> n > 0).toList());
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void whatOneSendsAnotherReceives(Kind kind) throws Exception {
    try (Loopback loopback = kind.loopback()) {
      DatagramRecorder atServer = new DatagramRecorder();
      UdpSocket server = kind.open(atServer);
      InetSocketAddress address = bind(loopback, server, null);
      DatagramRecorder atClient = new DatagramRecorder();
      UdpSocket client = kind.open(atClient);
      InetSocketAddress from = bind(loopback, client, address);
      SendBatch batch = Batches.of(address, 1200, 1200, 1200, 77);
      for (int i = 0; i < batch.length(); i++) {
        batch.buffer()[i] = (byte) (i * 31);
      }
      send(client, batch, Batches.of(address, 900));
      Loopback.await(() -> atServer.datagrams.size() == 5);
      assertEquals(List.of(1200, 1200, 1200, 77, 900), atServer.sizes());
      byte[] second = atServer.datagrams.get(1).payload();
      for (int i = 0; i < second.length; i++) {
        assertEquals((byte) ((1200 + i) * 31), second[i]);
      }
      InetSocketAddress seen = atServer.datagrams.getFirst().sender();
      assertEquals(from, seen);
      assertEquals(seen, from);
      send(server, Batches.of(seen, 500, 500, 500));
      Loopback.await(() -> atClient.datagrams.size() == 3);
      assertEquals(address, atClient.datagrams.getFirst().sender());
      assertEquals(List.of(500, 500, 500), atClient.sizes());
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void theLargestBatchAndTheLargestDatagramArriveWhole(Kind kind) throws Exception {
    try (Loopback loopback = kind.loopback()) {
      DatagramRecorder atServer = new DatagramRecorder();
      UdpSocket server = kind.open(atServer);
      InetSocketAddress address = bind(loopback, server, null);
      UdpSocket client = kind.open(new DatagramRecorder());
      bind(loopback, client, null);
      int[] sizes =
          Collections.nCopies(SendBatch.MAX_SEGMENTS, 1023).stream().mapToInt(n -> n).toArray();
      send(client, Batches.of(address, sizes), Batches.of(address, SendBatch.CAPACITY_BYTES));
      Loopback.await(() -> atServer.datagrams.size() == SendBatch.MAX_SEGMENTS + 1);
      assertEquals(1023, atServer.sizes().getFirst());
      assertEquals(SendBatch.CAPACITY_BYTES, atServer.sizes().getLast());
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void anUnreachablePortDoesNotCloseTheSocket(Kind kind) throws Exception {
    try (Loopback loopback = kind.loopback();
        DatagramSocket peer = new DatagramSocket()) {
      DatagramRecorder recorder = new DatagramRecorder();
      UdpSocket socket = kind.open(recorder);
      bind(loopback, socket, null);
      InetSocketAddress nobody = nobody();
      for (int i = 0; i < 3; i++) {
        send(socket, Batches.of(nobody, 8));
      }
      send(peer, 8, socket);
      Loopback.await(() -> recorder.datagrams.size() == 1);
      assertTrue(socket.channel().isOpen());
    }
  }

  private static InetSocketAddress nobody() throws Exception {
    try (DatagramSocket gone = new DatagramSocket(Loopback.anyPort())) {
      return (InetSocketAddress) gone.getLocalSocketAddress();
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aConnectedSocketIsToldThatNobodyListens(Kind kind) throws Exception {
    try (Loopback loopback = kind.loopback()) {
      DatagramRecorder recorder = new DatagramRecorder();
      UdpSocket socket = kind.open(recorder);
      InetSocketAddress nobody = nobody();
      bind(loopback, socket, nobody);
      send(socket, Batches.of(nobody, 8));
      Loopback.await(() -> recorder.unreachable.get() > 0);
      assertTrue(socket.channel().isOpen());
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void anAddressInUseFailsTheBindingAndClosesTheSocket(Kind kind) throws Exception {
    try (Loopback loopback = kind.loopback()) {
      UdpSocket first = kind.open(new DatagramRecorder());
      InetSocketAddress address = bind(loopback, first, null);
      UdpSocket second = kind.open(new DatagramRecorder());
      assertThrows(
          IOException.class, () -> Loopback.get(second.bind(loopback.group.next(), address, null)));
      assertTrue(second.channel().closeFuture().await(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS));
      assertFalse(second.channel().isOpen());
      assertTrue(first.channel().isOpen());
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aBurstBeyondTheBuffersLosesPacketsAndNothingElse(Kind kind) throws Exception {
    try (Loopback loopback = kind.loopback();
        DatagramSocket peer = new DatagramSocket()) {
      DatagramRecorder recorder = new DatagramRecorder();
      UdpSocket socket = kind.open(recorder);
      bind(loopback, socket, null);
      int sent = 3 * UdpChannels.SOCKET_BUFFER_BYTES / 8192;
      whileBusy(
          socket.channel().eventLoop(),
          () -> {
            for (int i = 0; i < sent; i++) {
              send(peer, 8192, socket);
            }
          });
      Loopback.await(() -> !recorder.datagrams.isEmpty());
      peer.send(new DatagramPacket(new byte[] {1, 2, 3}, 3, socket.channel().localAddress()));
      Loopback.await(() -> recorder.datagrams.getLast().payload().length == 3);
      assertArrayEquals(new byte[] {1, 2, 3}, recorder.datagrams.getLast().payload());
      assertTrue(recorder.datagrams.size() < sent, recorder.datagrams.size() + " of " + sent);
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void closesWhileDatagramsWait(Kind kind) throws Exception {
    try (Loopback loopback = kind.loopback();
        DatagramSocket peer = new DatagramSocket()) {
      UdpSocket[] closing = new UdpSocket[1];
      DatagramRecorder recorder =
          new DatagramRecorder() {
            @Override
            public void onDatagrams(
                InetSocketAddress sender,
                byte[] buffer,
                int offset,
                int length,
                int segmentBytes,
                int ecn) {
              super.onDatagrams(sender, buffer, offset, length, segmentBytes, ecn);
              closing[0].channel().close();
            }
          };
      UdpSocket socket = kind.open(recorder);
      closing[0] = socket;
      InetSocketAddress address = bind(loopback, socket, null);
      whileBusy(
          socket.channel().eventLoop(),
          () -> {
            for (int i = 0; i < 50; i++) {
              send(peer, 100, socket);
            }
          });
      assertTrue(socket.channel().closeFuture().await(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS));
      // What is still sent goes nowhere, and nobody is hurt.
      send(socket, Batches.of(address, 100));
      assertFalse(socket.channel().isOpen());
      assertFalse(recorder.datagrams.isEmpty());
    }
  }
}
