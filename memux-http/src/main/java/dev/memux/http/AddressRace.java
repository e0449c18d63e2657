package dev.memux.http;

import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Connects to one of several addresses: the next is tried when one fails or is slow to answer, and
 * whichever is ready first is taken (RFC 8305 §5). Confined to one event loop.
 */
final class AddressRace {
  /** RFC 8305 §8: how long an attempt has before the next one begins beside it. */
  static final long ATTEMPT_DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private final EventLoop loop;
  private final Connector connector;
  private final Origin origin;
  private final Supplier<ChannelHandler> handlers;
  private final Queue<InetSocketAddress> untried;
  private final CompletableFuture<QuicChannel> winner = new CompletableFuture<>();
  private final List<Future<QuicChannel>> running = new ArrayList<>();
  private @Nullable HttpException worst;

  AddressRace(
      EventLoop loop,
      Connector connector,
      Origin origin,
      List<InetAddress> addresses,
      Supplier<ChannelHandler> handlers) {
    this.loop = loop;
    this.connector = connector;
    this.origin = origin;
    this.handlers = handlers;
    untried = new ArrayDeque<>();
    for (InetAddress address : addresses) {
      untried.add(new InetSocketAddress(address, origin.port()));
    }
  }

  /** Starts the race, to be over within the limit. The result completes on the event loop. */
  CompletableFuture<QuicChannel> start(long limitNanos) {
    loop.execute(this::attemptNext);
    var timer =
        loop.schedule(
            () -> finish(new HttpException.TimedOut("connecting to " + origin + " took too long")),
            limitNanos,
            TimeUnit.NANOSECONDS);
    winner.whenComplete((channel, failure) -> timer.cancel(false));
    return winner;
  }

  /** IPv6 first, then the families in turn (RFC 8305 §4). */
  static List<InetAddress> interleaved(List<InetAddress> addresses) {
    List<InetAddress> six = new ArrayList<>();
    List<InetAddress> four = new ArrayList<>();
    for (InetAddress address : addresses) {
      (address.getAddress().length == 16 ? six : four).add(address);
    }
    List<InetAddress> mixed = new ArrayList<>();
    for (int i = 0; i < Math.max(six.size(), four.size()); i++) {
      if (i < six.size()) {
        mixed.add(six.get(i));
      }
      if (i < four.size()) {
        mixed.add(four.get(i));
      }
    }
    return mixed;
  }

  private void attemptNext() {
    InetSocketAddress address = untried.poll();
    if (address == null || winner.isDone()) {
      return;
    }
    Future<QuicChannel> attempt = connector.connect(address, origin.host(), handlers.get());
    running.add(attempt);
    attempt.addListener(
        (Future<QuicChannel> done) -> loop.execute(() -> onAttemptDone(address, done)));
    loop.schedule(this::attemptNext, ATTEMPT_DELAY_NANOS, TimeUnit.NANOSECONDS);
  }

  private void onAttemptDone(InetSocketAddress address, Future<QuicChannel> attempt) {
    running.remove(attempt);
    if (attempt.isSuccess()) {
      if (!winner.complete(attempt.getNow())) {
        attempt.getNow().close();
      }
      return;
    }
    HttpException failure = ConnectFailures.of(address, attempt.cause());
    worst = worst == null ? failure : ConnectFailures.tellingMore(worst, failure);
    if (untried.isEmpty() && running.isEmpty()) {
      finish(worst);
    } else {
      attemptNext();
    }
  }

  private void finish(HttpException failure) {
    winner.completeExceptionally(failure);
    // Whoever comes in after this is closed by onAttemptDone.
    for (Future<QuicChannel> attempt : List.copyOf(running)) {
      attempt.cancel(false);
    }
  }
}
