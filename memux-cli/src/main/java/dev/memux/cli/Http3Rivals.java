package dev.memux.cli;

import dev.memux.http.ClientConnection;
import dev.memux.http.ClientExchange;
import dev.memux.http.Connector;
import dev.memux.http.Http3Client;
import dev.memux.http.HttpException;
import dev.memux.http.InboundBody;
import dev.memux.http.Origin;
import dev.memux.http.RequestHead;
import dev.memux.http.ResponseHead;
import dev.memux.http.ResponseListener;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Over HTTP/3. */
final class Http3Rivals implements RivalResponses {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  private final EventLoopGroup group;
  private final ClientConnection connection;
  private final Origin origin;
  private final ClientExchange[] exchanges = new ClientExchange[2];

  Http3Rivals(EventLoopGroup group, Connector connector, Origin origin) throws Exception {
    this.group = group;
    this.origin = origin;
    connection =
        new Http3Client(group, connector, CONNECT_TIMEOUT)
            .connection(origin)
            .toCompletableFuture()
            .get(CONNECT_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
  }

  @Override
  public void begin(IntConsumer onData) {
    for (int i = 0; i < 2; i++) {
      RequestHead head = RequestHead.get(origin.authority(), RivalResponses.path(i));
      exchanges[i] = connection.send(head, new Watch(i, onData));
    }
  }

  @Override
  public void raise(int index, Runnable atOnce) {
    // All loops of the client are one.
    group.execute(
        () -> {
          atOnce.run();
          exchanges[index].updatePriority(new QuicStreamPriority(RAISED_URGENCY, false));
          exchanges[1 - index].updatePriority(new QuicStreamPriority(WAITING_URGENCY, false));
        });
  }

  @Override
  public void close() {
    connection.close();
  }

  private static final class Watch implements ResponseListener {
    private final int index;
    private final IntConsumer onData;
    private @Nullable InboundBody source;

    Watch(int index, IntConsumer onData) {
      this.index = index;
      this.onData = onData;
    }

    @Override
    public void onHead(ResponseHead head, InboundBody body) {
      source = body;
      body.read();
    }

    @Override
    public void onData(ByteBuf data) {
      onData.accept(index);
      data.release();
      if (source != null) {
        source.read();
      }
    }

    @Override
    public void onEnd() {}

    @Override
    public void onFailure(HttpException cause) {}
  }
}
