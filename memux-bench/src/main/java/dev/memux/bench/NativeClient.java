package dev.memux.bench;

import dev.memux.cli.PerfPlan;
import dev.memux.cli.PerfProtocol;
import dev.memux.cli.PerfResult;
import dev.memux.cli.PerfUsage;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.quic.EpollQuicUtils;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicSslEngine;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** What {@code memux perf client} does for bulk downloads, on Netty's native QUIC. */
final class NativeClient implements AutoCloseable {
  private final EventLoopGroup group = NativeQuic.newGroup();
  private final Channel socket;
  private final QuicChannel connection;
  private final int packetBytes;

  NativeClient(InetSocketAddress server, int packetBytes) throws Exception {
    this.packetBytes = packetBytes;
    QuicClientCodecBuilder codec =
        NativeQuic.configure(new QuicClientCodecBuilder(), packetBytes)
            .sslContext(
                QuicSslContextBuilder.forClient()
                    .trustManager(InsecureTrustManagerFactory.INSTANCE)
                    .applicationProtocols(PerfProtocol.ALPN)
                    .build());
    socket =
        new Bootstrap()
            .group(group)
            .channelFactory(NativeQuic::newSocket)
            .handler(codec.build())
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();
    connection =
        QuicChannel.newBootstrap(socket)
            .option(
                QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR,
                EpollQuicUtils.newSegmentedAllocator(NativeQuic.SEGMENTS))
            .streamHandler(new ChannelInboundHandlerAdapter())
            .remoteAddress(server)
            .connect()
            .get();
  }

  /** The plan's warm-up, then what is measured. */
  PerfResult run(PerfPlan plan) throws Exception {
    if (plan.warmup() > 0) {
      download(plan.warmup());
    }
    PerfUsage serverBefore = serverUsage();
    PerfUsage clientBefore = PerfUsage.now(packetBytes);
    long begin = System.nanoTime();
    download(plan.bytes());
    long nanos = System.nanoTime() - begin;
    PerfUsage clientAfter = PerfUsage.now(packetBytes);
    PerfUsage serverAfter = serverUsage();
    QuicSslEngine engine = (QuicSslEngine) Objects.requireNonNull(connection.sslEngine());
    return new PerfResult(
        plan,
        nanos,
        PerfResult.difference(clientAfter.cpuNanos(), clientBefore.cpuNanos()),
        PerfResult.difference(serverAfter.cpuNanos(), serverBefore.cpuNanos()),
        clientAfter.residentBytes(),
        serverAfter.residentBytes(),
        packetBytes,
        engine.getSession().getCipherSuite(),
        "native quic, epoll gro gso");
  }

  private void download(long bytes) throws Exception {
    Download download = new Download(bytes);
    request(PerfProtocol.header(PerfProtocol.DOWNLOAD, bytes), download);
    download.done.get();
  }

  private PerfUsage serverUsage() throws Exception {
    Collect collect = new Collect();
    request(PerfProtocol.header(PerfProtocol.USAGE, 0), collect);
    return PerfUsage.read(new ByteArrayInputStream(collect.done.get()));
  }

  private void request(byte[] header, ChannelInboundHandlerAdapter handler) throws Exception {
    Channel stream = connection.createStream(QuicStreamType.BIDIRECTIONAL, handler).get();
    stream.writeAndFlush(Unpooled.wrappedBuffer(header));
    ((DuplexChannel) stream).shutdownOutput();
  }

  @Override
  public void close() {
    connection.close().syncUninterruptibly();
    socket.close().syncUninterruptibly();
    group.shutdownGracefully().syncUninterruptibly();
  }

  /** {@code port bytes warmup packetBytes}; prints the same line as memux's client. */
  public static void main(String[] arguments) throws Exception {
    InetSocketAddress server =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0]));
    PerfPlan plan = PerfPlan.bulk(Long.parseLong(arguments[1]), Long.parseLong(arguments[2]));
    try (NativeClient client = new NativeClient(server, Integer.parseInt(arguments[3]))) {
      System.out.println(client.run(plan).json());
    }
  }

  /** Counts and checks what comes, as memux's client does. */
  private static final class Download extends ChannelInboundHandlerAdapter {
    final CompletableFuture<Void> done = new CompletableFuture<>();
    private final byte[] piece = new byte[PerfProtocol.PIECE_BYTES];
    private final long bytes;
    private long at;

    Download(long bytes) {
      this.bytes = bytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf buffer = (ByteBuf) message;
      while (buffer.isReadable()) {
        int n = Math.min(buffer.readableBytes(), piece.length);
        buffer.readBytes(piece, 0, n);
        if (!PerfProtocol.isData(piece, n, at)) {
          done.completeExceptionally(new IOException("wrong bytes after " + at));
        }
        at += n;
      }
      buffer.release();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event == ChannelInputShutdownEvent.INSTANCE) {
        if (at == bytes) {
          done.complete(null);
        } else {
          done.completeExceptionally(new EOFException("ended after " + at + " bytes"));
        }
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      done.completeExceptionally(new EOFException("closed after " + at + " bytes"));
    }
  }

  /** Takes everything up to the end. */
  private static final class Collect extends ChannelInboundHandlerAdapter {
    final CompletableFuture<byte[]> done = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws IOException {
      ByteBuf buffer = (ByteBuf) message;
      buffer.readBytes(bytes, buffer.readableBytes());
      buffer.release();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event == ChannelInputShutdownEvent.INSTANCE) {
        done.complete(bytes.toByteArray());
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      done.completeExceptionally(new EOFException("closed"));
    }
  }
}
