package dev.memux.gateway;

import dev.memux.http.ServerExchange;
import java.util.function.Consumer;

/** Keeps the figures of one request for a tunnel, and reports them once. On its event loop. */
final class TunnelRecord {
  private final ServerExchange exchange;
  private final Consumer<TunnelSummary> listener;
  private final long askedNanos = System.nanoTime();
  private Runnable onOver = () -> {};
  private long waitedNanos;
  private long openedNanos;
  private int status;
  private long sentBytes;
  private long receivedBytes;
  private boolean over;

  TunnelRecord(ServerExchange exchange, Consumer<TunnelSummary> listener) {
    this.exchange = exchange;
    this.listener = listener;
  }

  void whenOver(Runnable action) {
    onOver = action;
  }

  /** There is a place at the backend. */
  void placed() {
    waitedNanos = System.nanoTime() - askedNanos;
  }

  void opened(int answered) {
    status = answered;
    openedNanos = System.nanoTime();
  }

  void sent(int bytes) {
    sentBytes += bytes;
  }

  void received(int bytes) {
    receivedBytes += bytes;
  }

  void refused(int answered) {
    status = answered;
    over(TunnelSummary.End.REFUSED);
  }

  /** All is over; what is said later does not count. */
  void over(TunnelSummary.End end) {
    if (over) {
      return;
    }
    over = true;
    onOver.run();
    listener.accept(
        new TunnelSummary(
            exchange.remoteAddress(),
            exchange.version(),
            exchange.request().authority(),
            status,
            waitedNanos,
            openedNanos == 0 ? 0 : System.nanoTime() - openedNanos,
            sentBytes,
            receivedBytes,
            end));
  }
}
