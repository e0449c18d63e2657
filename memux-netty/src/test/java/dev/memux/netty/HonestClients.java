package dev.memux.netty;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that make small requests, each some time after it had the last one's answer, and how long
 * the answers took.
 */
final class HonestClients {
  private static final int REQUEST_BYTES = 100;
  private static final int MOST_REQUESTS = 1 << 20;

  private final List<MuxQuicChannel> connections = new ArrayList<>();
  private final long pauseNanos;

  /** By all clients, which share one event loop. */
  private final long[] nanos = new long[MOST_REQUESTS];

  private volatile int answered;
  private volatile boolean stopped;
  private final AtomicInteger failures = new AtomicInteger();

  HonestClients(Loopback loopback, QuicServer server, int count, long pauseMillis)
      throws Exception {
    pauseNanos = TimeUnit.MILLISECONDS.toNanos(pauseMillis);
    for (int i = 0; i < count; i++) {
      MuxQuicChannel connection = loopback.connect(server);
      connections.add(connection);
      connection.eventLoop().execute(() -> ask(connection));
    }
  }

  int answered() {
    return answered;
  }

  int failures() {
    return failures.get();
  }

  void stop() {
    stopped = true;
    connections.forEach(c -> c.close().syncUninterruptibly());
  }

  /** Of the answers since there were {@code from}. */
  double millis(int from, double quantile) {
    long[] window = Arrays.copyOfRange(nanos, from, answered);
    Arrays.sort(window);
    return window[(int) Math.min(window.length - 1, window.length * quantile)] / 1e6;
  }

  private void ask(MuxQuicChannel connection) {
    if (stopped) {
      return;
    }
    long begin = System.nanoTime();
    connection
        .createStream(QuicStreamType.BIDIRECTIONAL, new Answer(connection, begin))
        .addListener(
            (Future<QuicStreamChannel> opened) -> {
              if (opened.isSuccess()) {
                opened.getNow().write(Unpooled.wrappedBuffer(new byte[REQUEST_BYTES]));
                opened.getNow().shutdownOutput();
              } else if (!stopped) {
                failures.incrementAndGet();
              }
            });
  }

  /** Waits for the end of an answer. */
  private final class Answer extends ChannelInboundHandlerAdapter {
    private final MuxQuicChannel connection;
    private final long begin;

    Answer(MuxQuicChannel connection, long begin) {
      this.connection = connection;
      this.begin = begin;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ReferenceCountUtil.release(message);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event == ChannelInputShutdownReadComplete.INSTANCE) {
        int place = answered;
        nanos[place] = System.nanoTime() - begin;
        answered = place + 1;
        connection.eventLoop().schedule(() -> ask(connection), pauseNanos, TimeUnit.NANOSECONDS);
      }
    }
  }
}
