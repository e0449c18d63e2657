package dev.memux.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What stands between a client and a server, and changes the client's address as it likes. */
final class RebindingNat implements AutoCloseable {
  private final EventLoop loop;
  private final InetSocketAddress server;
  private final Channel inside;
  private volatile Channel outside;
  private volatile InetSocketAddress client;
  private volatile @Nullable Consumer<byte[]> detour;

  /** {@code loop} belongs to an NIO event loop group. */
  RebindingNat(EventLoop loop, InetSocketAddress server) {
    this.loop = loop;
    this.server = server;
    this.outside = bind(new ToClient());
    this.inside = bind(new ToServer());
  }

  private Channel bind(SimpleChannelInboundHandler<DatagramPacket> handler) {
    return new Bootstrap()
        .group(loop)
        .channel(NioDatagramChannel.class)
        .handler(handler)
        .bind(Loopback.anyPort())
        .syncUninterruptibly()
        .channel();
  }

  /** Where the client finds the server. */
  InetSocketAddress address() {
    return (InetSocketAddress) inside.localAddress();
  }

  /** Where the server sees the client. */
  InetSocketAddress clientAddress() {
    return (InetSocketAddress) outside.localAddress();
  }

  /** From now on the client is at another port; nothing passes through the one before. */
  void rebind() {
    Channel before = outside;
    outside = bind(new ToClient());
    before.close().syncUninterruptibly();
  }

  /** From now on what the client sends goes there instead. */
  void divert(Consumer<byte[]> to) {
    detour = to;
  }

  @Override
  public void close() {
    inside.close().syncUninterruptibly();
    outside.close().syncUninterruptibly();
  }

  private final class ToServer extends SimpleChannelInboundHandler<DatagramPacket> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket datagram) {
      client = datagram.sender();
      Consumer<byte[]> to = detour;
      if (to != null) {
        to.accept(ByteBufUtil.getBytes(datagram.content()));
        return;
      }
      outside.writeAndFlush(new DatagramPacket(datagram.content().retain(), server));
    }
  }

  private final class ToClient extends SimpleChannelInboundHandler<DatagramPacket> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket datagram) {
      inside.writeAndFlush(new DatagramPacket(datagram.content().retain(), client));
    }
  }
}
