package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.QuicConfig;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What priorities do to the order in which responses arrive (RFC 9218 §10). */
@Timeout(60)
final class ScheduleTest {
  private static final int BODY_BYTES = 4 << 20;

  // A stream that has used up its credit lets others pass, however urgent it is: enough for all.
  private static final QuicConfig AMPLE_WINDOWS =
      QuicConfig.DEFAULT.withMux(
          QuicConfig.DEFAULT.mux().withWindows(16 << 20, 16 << 20, 24 << 20, 24 << 20));

  /**
   * How much each of several responses had brought when the first of them was complete.
   *
   * @param told by then
   * @param arrived by then: of what arrives in one turn of the loop, streams are told one by one
   */
  private record Finish(int first, long[] told, long[] arrived) {
    /** What the others had, as parts of a response. */
    double others() {
      long sum = 0;
      for (int i = 0; i < told.length; i++) {
        sum += i == first ? 0 : told[i];
      }
      return sum / (double) BODY_BYTES;
    }

    double share(int i) {
      return arrived[i] / (double) BODY_BYTES;
    }
  }

  private static void afterTurn(EventLoopGroup group, Runnable action) {
    for (EventExecutor loop : group) {
      if (loop.inEventLoop()) {
        loop.execute(action);
      }
    }
  }

  /** Asks for one response for each priority, all released at once, and watches them arrive. */
  private static Finish race(String... priorities) throws Exception {
    List<ServerExchange> held = new ArrayList<>();
    CompletableFuture<Finish> finish = new CompletableFuture<>();
    long[] received = new long[priorities.length];
    try (Loopback loopback =
        new Loopback(
            exchange -> {
              held.add(exchange);
              if (held.size() == priorities.length) {
                for (ServerExchange each : held) {
                  each.respond(ResponseHead.of(200), Unpooled.wrappedBuffer(new byte[BODY_BYTES]));
                }
              }
            },
            QuicConfig.DEFAULT,
            AMPLE_WINDOWS)) {
      ClientConnection connection = loopback.connect();
      for (int i = 0; i < priorities.length; i++) {
        int index = i;
        RequestHead head = RequestHead.get(loopback.origin().authority(), "/" + i);
        head.fields().add("priority", priorities[i]);
        connection.send(
            head,
            new Answer() {
              private InboundBody source;

              @Override
              public void onHead(ResponseHead response, InboundBody body) {
                source = body;
                body.read();
              }

              @Override
              public void onData(ByteBuf data) {
                received[index] += data.readableBytes();
                data.release();
                source.read();
              }

              @Override
              public void onEnd() {
                long[] told = received.clone();
                afterTurn(
                    loopback.group,
                    () -> finish.complete(new Finish(index, told, received.clone())));
              }
            });
      }
      return finish.get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void theMoreUrgentComesFirstWhoeverAskedFirst() throws Exception {
    Finish finish = race("u=7", "u=3", "u=0");
    assertEquals(2, finish.first);
    assertTrue(finish.others() < 0.05);
  }

  @Test
  void incrementalEqualsShare() throws Exception {
    Finish finish = race("u=2, i", "u=2, i", "u=2, i");
    for (int i = 0; i < 3; i++) {
      assertTrue(finish.share(i) > 0.9, i + " had " + finish.share(i));
    }
  }

  @Test
  void othersOfOneUrgencyComeOneAfterAnother() throws Exception {
    Finish finish = race("u=2", "u=2", "u=2");
    assertEquals(0, finish.first);
    assertTrue(finish.others() < 0.05);
    assertTrue(finish.share(2) < 0.9); // what equal shares are told from
  }
}
