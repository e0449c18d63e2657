package dev.memux.bench;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.quic.DefaultQuicStreamFrame;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.concurrent.Future;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * An application on Netty's QUIC channels, the same on any implementation of them.
 *
 * @param fixedPacketBytes 0: as the user has asked for
 */
record NettyQuicContender(QuicStack stack, int fixedPacketBytes) implements Contender {
  private static final String[] PROTOCOLS = {Setting.ALPN};

  @Override
  public Set<Workload> workloads() {
    return EnumSet.allOf(Workload.class);
  }

  @Override
  public int packetBytes(int usual) {
    return fixedPacketBytes == 0 ? usual : fixedPacketBytes;
  }

  @Override
  public Server listen(Setting setting) throws Exception {
    if (setting.workload().isHttp3()) {
      return Http3Application.listen(stack, setting);
    }
    return stack.listen(
        setting,
        PROTOCOLS,
        new Plain(),
        new ChannelInitializer<QuicStreamChannel>() {
          @Override
          protected void initChannel(QuicStreamChannel stream) {
            stream.pipeline().addLast(new RequestHandler(true));
          }
        });
  }

  @Override
  public Load connect(Setting setting, int port) throws Exception {
    if (setting.workload().isHttp3()) {
      return Http3Application.connect(stack, setting, port);
    }
    return new NettyLoad(
        new Client(stack.connector(setting, PROTOCOLS, new Plain(), new Plain(), port)),
        setting.workload());
  }

  private record Client(QuicStack.Connector connector) implements NettyClient {
    @Override
    public CompletableFuture<Connection> connect(int worker) {
      return connector.connect(worker).thenApply(made -> new StreamEach(connector, made));
    }

    @Override
    public long fullHandshakes() {
      return connector.fullHandshakes();
    }

    @Override
    public void close() {
      connector.close();
    }
  }

  /** A stream for each exchange. */
  private record StreamEach(QuicStack.Connector connector, QuicChannel channel)
      implements NettyClient.Connection {
    @Override
    public void exchange(long responseBytes, NettyClient.Callback callback) {
      channel
          .createStream(QuicStreamType.BIDIRECTIONAL, new ResponseHandler(responseBytes, callback))
          .addListener(
              (Future<QuicStreamChannel> opened) -> {
                if (opened.isSuccess()) {
                  opened
                      .getNow()
                      .writeAndFlush(
                          new DefaultQuicStreamFrame(
                              Unpooled.wrappedBuffer(Exchange.request(responseBytes)), true));
                } else {
                  callback.onFailed(opened.cause());
                }
              });
    }

    @Override
    public String description() {
      return connector.description(channel);
    }

    @Override
    public void close() {
      channel.close();
    }
  }
}
