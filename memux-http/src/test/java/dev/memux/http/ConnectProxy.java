package dev.memux.http;

import dev.memux.netty.IoTransport;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A small proxy: names lead to ports of this machine, whatever else is asked for is refused. */
final class ConnectProxy implements RequestHandler {
  /** A port that never answers. */
  static final int SILENT = 0;

  final Map<String, Integer> names = new ConcurrentHashMap<>();

  /** What was asked for, in order. */
  final Queue<ServerExchange> asked = new ConcurrentLinkedQueue<>();

  @Override
  public void handle(ServerExchange exchange) {
    asked.add(exchange);
    String authority = exchange.request().authority();
    Integer port = names.get(authority.substring(0, authority.lastIndexOf(':')));
    if (!exchange.request().isConnect() || port == null) {
      refuse(exchange, 403, "nobody may\r\ngo there");
    } else if (port != SILENT) {
      connect(exchange, port);
    }
  }

  private static void connect(ServerExchange exchange, int port) {
    ChannelFuture connecting =
        new Bootstrap()
            .group(exchange.loop())
            .channel(IoTransport.of(exchange.loop().parent()).socketChannel())
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.AUTO_READ, false)
            .handler(new ChannelInboundHandlerAdapter())
            .connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
    connecting.addListener(
        done -> {
          if (done.isSuccess()) {
            new Bridge(exchange, (DuplexChannel) connecting.channel()).begin();
          } else {
            refuse(exchange, 502, "the target refuses");
          }
        });
  }

  private static void refuse(ServerExchange exchange, int status, String reason) {
    exchange.respond(
        ResponseHead.of(status), Unpooled.copiedBuffer(reason, StandardCharsets.US_ASCII));
  }

  /** Joins a tunnel and a connection, each read only while the other takes more. */
  private static final class Bridge extends ChannelInboundHandlerAdapter implements BodyListener {
    private final DuplexChannel target;
    private final OutboundBody out;
    private final InboundBody in;

    Bridge(ServerExchange exchange, DuplexChannel target) {
      this.target = target;
      in = exchange.requestBody();
      out = exchange.respond(ResponseHead.of(200));
    }

    void begin() {
      out.onWritable(target::read);
      out.onRefused(
          () -> {
            abort();
            in.discard(HttpErrorCode.CONNECT_ERROR);
          });
      target.pipeline().addLast(this);
      in.listen(this);
      in.read();
      target.read();
    }

    private void abort() {
      target.config().setOption(ChannelOption.SO_LINGER, 0);
      target.close();
    }

    @Override
    public void onData(ByteBuf data) {
      target.writeAndFlush(data);
      if (target.isWritable()) {
        in.read();
      }
    }

    @Override
    public void onEnd() {
      target.shutdownOutput();
    }

    @Override
    public void onFailure(HttpException failure) {
      abort();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      if (target.isWritable()) {
        in.read();
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      out.write((ByteBuf) message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      if (out.isWritable()) {
        ctx.read();
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event == ChannelInputShutdownReadComplete.INSTANCE) {
        out.finish();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (cause instanceof IOException) {
        out.abort(HttpErrorCode.CONNECT_ERROR);
        in.discard(HttpErrorCode.CONNECT_ERROR);
      }
    }
  }
}
