package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.DatagramConfig;
import dev.memux.engine.mux.DatagramStatistics;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.quic.QuicConfig;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.nio.BufferOverflowException;
import java.nio.BufferUnderflowException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Unreliable datagrams through channels (RFC 9221), as Netty's native QUIC has them. */
class DatagramTest {
  private static QuicConfig config(DatagramConfig datagrams) {
    return QuicConfig.DEFAULT.withMux(MuxConfig.DEFAULT.withDatagrams(datagrams));
  }

  /** Keeps each datagram, and what came before and after. */
  private static final class Receiver extends ChannelInboundHandlerAdapter {
    final List<String> story = new CopyOnWriteArrayList<>();
    final List<byte[]> datagrams = new CopyOnWriteArrayList<>();

    @Override
    public void channelActive(ChannelHandlerContext ctx) throws Exception {
      story.add("active");
      ctx.fireChannelActive();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
      if (event instanceof DatagramExtensionEvent) {
        story.add("datagrams");
      }
      ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
      if (message instanceof ByteBuf datagram) {
        byte[] bytes = new byte[datagram.readableBytes()];
        datagram.readBytes(bytes);
        datagram.release();
        datagrams.add(bytes);
      } else {
        ctx.fireChannelRead(message);
      }
    }
  }

  private static QuicServer echoServer(Loopback loopback) throws Exception {
    return Loopback.get(
        loopback.server().childHandler(Loopback.initializer(Echo::new)).bind(Loopback.anyPort()));
  }

  @ParameterizedTest
  @EnumSource(IoTransport.class)
  void datagramsArriveWholeAndComeBack(IoTransport transport) throws Exception {
    try (Loopback loopback = new Loopback(transport)) {
      loopback.config(config(DatagramConfig.ENABLED));
      QuicServer server = echoServer(loopback);
      Receiver receiver = new Receiver();
      MuxQuicChannel client = Loopback.connect(loopback.client().handler(receiver), server);
      assertEquals(List.of("datagrams", "active"), receiver.story, "in Netty's order");
      assertTrue(client.maxDatagramLength() > 1000);
      assertEquals(
          DatagramConfig.ANY_FRAME_BYTES, client.peerTransportParameters().maxDatagramFrameSize());
      byte[] largest = new byte[client.maxDatagramLength()];
      largest[largest.length - 1] = 7;
      client.write(Unpooled.EMPTY_BUFFER);
      client.write(Unpooled.wrappedBuffer(new byte[] {1, 2, 3}));
      client.writeAndFlush(Unpooled.wrappedBuffer(largest)).sync();
      Loopback.await(() -> receiver.datagrams.size() == 2);
      assertArrayEquals(new byte[] {1, 2, 3}, receiver.datagrams.get(0));
      assertArrayEquals(largest, receiver.datagrams.get(1));
      Loopback.get(server.close());
    }
  }

  @Test
  void whoDoesNotReadGetsThemLater() throws Exception {
    try (Loopback loopback = new Loopback(IoTransport.preferred())) {
      loopback.config(config(DatagramConfig.ENABLED));
      QuicServer server = echoServer(loopback);
      Receiver receiver = new Receiver();
      MuxQuicChannel client =
          Loopback.connect(
              loopback.client().handler(receiver).option(ChannelOption.AUTO_READ, false), server);
      for (int i = 0; i < 40; i++) {
        client.write(Unpooled.wrappedBuffer(new byte[] {(byte) i}));
      }
      client.flush();
      Loopback.await(() -> statistics(client).received() == 40);
      assertEquals(0, receiver.datagrams.size());
      client.read();
      Loopback.await(() -> receiver.datagrams.size() == 1); // as on any channel that reads by hand
      client.config().setAutoRead(true);
      Loopback.await(() -> receiver.datagrams.size() == 40);
      Loopback.get(server.close());
    }
  }

  private static DatagramStatistics statistics(MuxQuicChannel channel) {
    return channel.statistics().syncUninterruptibly().getNow().datagrams();
  }

  @Test
  void aDatagramThatIsTooLongFailsAlone() throws Exception {
    try (Loopback loopback = new Loopback(IoTransport.preferred())) {
      loopback.config(config(DatagramConfig.ENABLED));
      QuicServer server = echoServer(loopback);
      Receiver receiver = new Receiver();
      MuxQuicChannel client = Loopback.connect(loopback.client().handler(receiver), server);
      byte[] tooLong = new byte[client.maxDatagramLength() + 1];
      ChannelFuture failed = client.write(Unpooled.wrappedBuffer(tooLong));
      client.writeAndFlush(Unpooled.wrappedBuffer(new byte[1])).sync();
      assertInstanceOf(BufferUnderflowException.class, failed.cause(), "as Netty's");
      Loopback.await(() -> receiver.datagrams.size() == 1);
      Loopback.get(server.close());
    }
  }

  @Test
  void whatFindsNoRoomFailsIfThatWasChosen() throws Exception {
    try (Loopback loopback = new Loopback(IoTransport.preferred())) {
      loopback.config(
          config(
              DatagramConfig.ENABLED
                  .withQueue(4, 1 << 20)
                  .withOverflow(DatagramConfig.Overflow.DROP_NEWEST)));
      QuicServer server = echoServer(loopback);
      MuxQuicChannel client = loopback.connect(server);
      List<ChannelFuture> writes = new ArrayList<>();
      client
          .eventLoop()
          .submit(
              () -> {
                for (int i = 0; i < 10; i++) {
                  writes.add(client.write(Unpooled.wrappedBuffer(new byte[100])));
                }
                client.flush();
              })
          .sync();
      assertEquals(4, writes.stream().filter(ChannelFuture::isSuccess).count());
      assertInstanceOf(BufferOverflowException.class, writes.getLast().cause());
      Loopback.get(server.close());
    }
  }

  @Test
  void toAPeerThatAcceptsNoneWritesFail() throws Exception {
    try (Loopback loopback = new Loopback(IoTransport.preferred())) {
      QuicServer server = echoServer(loopback);
      Receiver receiver = new Receiver();
      MuxQuicChannel client = Loopback.connect(loopback.client().handler(receiver), server);
      assertEquals(List.of("active"), receiver.story);
      assertEquals(0, client.maxDatagramLength());
      Throwable cause = Loopback.failure(client.writeAndFlush(Unpooled.wrappedBuffer(new byte[1])));
      assertInstanceOf(UnsupportedOperationException.class, cause);
      assertTrue(client.isActive());
      assertFalse(client.write("no buffer").isSuccess());
      Loopback.get(server.close());
    }
  }
}
