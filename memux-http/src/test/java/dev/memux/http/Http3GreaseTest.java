package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.VarInt;
import dev.memux.netty.QuicServer;
import dev.memux.netty.QuicServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.quic.QuicStreamChannel;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is reserved in HTTP/3 is sent, and ignored: RFC 9114 §6.2.3, §7.2.4.1, §7.2.8, §9. */
@Timeout(60)
final class Http3GreaseTest {
  private static final int CONTROL = 0;
  private static final int SETTINGS = 4;

  /** What came on each stream so far, told again with every piece. */
  private final BlockingQueue<byte[]> pieces = new LinkedBlockingQueue<>();

  private final Map<Long, ByteArrayOutputStream> streams = new ConcurrentHashMap<>();

  private final class Collector extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      long id = ((QuicStreamChannel) ctx.channel()).streamId();
      ByteArrayOutputStream all = streams.computeIfAbsent(id, k -> new ByteArrayOutputStream());
      all.writeBytes(ByteBufUtil.getBytes((ByteBuf) message));
      ((ByteBuf) message).release();
      pieces.add(all.toByteArray());
    }
  }

  @Test
  void aConnectionHasAReservedSettingFrameAndStream() throws Exception {
    try (Loopback loopback = new Loopback(exchange -> {})) {
      QuicServer listener =
          new QuicServerBootstrap()
              .group(loopback.group)
              .tls(Loopback.serverTls().build())
              .childHandler(new ChannelInboundHandlerAdapter())
              .streamHandler(
                  new ChannelInitializer<QuicStreamChannel>() {
                    @Override
                    protected void initChannel(QuicStreamChannel stream) {
                      stream.pipeline().addLast(new Collector());
                    }

                    @Override
                    public boolean isSharable() {
                      return true;
                    }
                  })
              .bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))
              .get(10, TimeUnit.SECONDS);
      loopback.client.connection(new Origin("127.0.0.1", listener.localAddress().getPort()));
      boolean stream = false;
      boolean frame = false;
      while (!(stream && frame)) {
        byte[] bytes = pieces.take();
        if (VarInt.read(bytes, 0) == CONTROL) {
          frame = readsControl(bytes);
        } else {
          stream |= Http3Grease.isReserved(VarInt.read(bytes, 0));
        }
      }
      listener.close().awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
  }

  /** Returns whether a reserved frame is there behind the settings, which are first. */
  private static boolean readsControl(byte[] bytes) {
    int at = VarInt.sizeOf(bytes[0]);
    List<Long> types = new ArrayList<>();
    while (at < bytes.length) {
      long type = VarInt.read(bytes, at);
      at += VarInt.sizeOf(bytes[at]);
      if (at >= bytes.length) {
        return false;
      }
      int length = (int) VarInt.read(bytes, at);
      at += VarInt.sizeOf(bytes[at]);
      if (type == SETTINGS) {
        assertTrue(types.isEmpty(), "settings come first");
        assertEquals(1, reservedSettings(bytes, at, at + length));
      }
      types.add(type);
      at += length;
    }
    return types.stream().anyMatch(Http3Grease::isReserved);
  }

  private static int reservedSettings(byte[] bytes, int from, int end) {
    int reserved = 0;
    for (int at = from; at < end; ) {
      reserved += Http3Grease.isReserved(VarInt.read(bytes, at)) ? 1 : 0;
      at += VarInt.sizeOf(bytes[at]);
      at += VarInt.sizeOf(bytes[at]); // its value
    }
    return reserved;
  }

  /** RFC 9114 §7.2.4.1. */
  @Test
  void reservedTypesAreThoseOfTheRfc() {
    assertTrue(Http3Grease.isReserved(0x21));
    assertTrue(Http3Grease.isReserved(0x40));
    assertFalse(Http3Grease.isReserved(0x20));
    assertFalse(Http3Grease.isReserved(2));
    // RFC 9114 §7.2.4.2: what a client remembers of us must be the same each time.
    assertEquals(
        new String(Http3Service.rememberedSettings(), StandardCharsets.UTF_8),
        new String(Http3Service.rememberedSettings(), StandardCharsets.UTF_8));
  }
}
