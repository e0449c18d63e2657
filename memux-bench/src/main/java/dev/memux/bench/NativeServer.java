package dev.memux.bench;

import dev.memux.cli.PerfProtocol;
import dev.memux.cli.PerfUsage;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.quic.EpollQuicUtils;
import io.netty.handler.codec.quic.InsecureQuicTokenHandler;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** What {@code memux perf server} does for bulk downloads, on Netty's native QUIC. */
final class NativeServer implements AutoCloseable {
  private final EventLoopGroup group = NativeQuic.newGroup();
  private final Channel socket;

  private NativeServer(int packetBytes) throws Exception {
    X509Bundle certificate =
        new CertificateBuilder()
            .subject("CN=localhost")
            .addSanDnsName("localhost")
            .ecp256()
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    QuicServerCodecBuilder codec =
        NativeQuic.configure(new QuicServerCodecBuilder(), packetBytes)
            .sslContext(
                QuicSslContextBuilder.forServer(
                        certificate.getKeyPair().getPrivate(),
                        null,
                        certificate.getCertificatePath())
                    .applicationProtocols(PerfProtocol.ALPN)
                    .build())
            .tokenHandler(InsecureQuicTokenHandler.INSTANCE)
            .option(
                QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR,
                EpollQuicUtils.newSegmentedAllocator(NativeQuic.SEGMENTS))
            .streamHandler(
                new ChannelInitializer<QuicStreamChannel>() {
                  @Override
                  protected void initChannel(QuicStreamChannel stream) {
                    stream.pipeline().addLast(new Answer(packetBytes));
                  }
                });
    socket =
        new Bootstrap()
            .group(group)
            .channelFactory(NativeQuic::newSocket)
            .handler(codec.build())
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();
  }

  static NativeServer start(int packetBytes) throws Exception {
    return new NativeServer(packetBytes);
  }

  InetSocketAddress localAddress() {
    return (InetSocketAddress) socket.localAddress();
  }

  @Override
  public void close() {
    socket.close().syncUninterruptibly();
    group.shutdownGracefully().syncUninterruptibly();
  }

  /** {@code packetBytes}, then nothing: serves until standard input ends. */
  public static void main(String[] arguments) throws Exception {
    try (NativeServer server = start(Integer.parseInt(arguments[0]))) {
      System.out.println("ready: 127.0.0.1:" + server.localAddress().getPort());
      System.out.flush();
      while (System.in.read() >= 0) {}
    }
  }

  /** Reads a header, and writes while the channel is writable. */
  private static final class Answer extends ChannelInboundHandlerAdapter {
    private final int packetBytes;
    private final ByteBuf header = Unpooled.buffer(PerfProtocol.HEADER_BYTES);
    private final ByteBuf pattern =
        Unpooled.unreleasableBuffer(Unpooled.directBuffer().writeBytes(PerfProtocol.pattern()));
    private long at;
    private long end = -1;

    Answer(int packetBytes) {
      this.packetBytes = packetBytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf bytes = (ByteBuf) message;
      header.writeBytes(bytes, Math.min(bytes.readableBytes(), header.writableBytes()));
      bytes.release();
      if (end < 0 && !header.isWritable()) {
        begin(ctx);
      }
    }

    private void begin(ChannelHandlerContext ctx) {
      int what = header.readByte();
      if (what == PerfProtocol.USAGE) {
        end = 0;
        ctx.write(Unpooled.wrappedBuffer(PerfUsage.now(packetBytes).encode()));
      } else {
        end = header.readLong();
      }
      write(ctx);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      write(ctx);
    }

    private void write(ChannelHandlerContext ctx) {
      while (at < end && ctx.channel().isWritable()) {
        int n = (int) Math.min(PerfProtocol.PIECE_BYTES, end - at);
        ctx.write(pattern.slice(PerfProtocol.patternIndex(at), n));
        at += n;
      }
      ctx.flush();
      if (at == end) {
        end = Long.MAX_VALUE;
        at = end;
        ((DuplexChannel) ctx.channel()).shutdownOutput();
      }
    }
  }
}
