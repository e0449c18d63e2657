package dev.memux.engine.quic;

import java.net.InetSocketAddress;

/** Fills batches as only the engine can. */
public final class Batches {
  private Batches() {}

  /** A batch of datagrams of these sizes. */
  public static SendBatch of(InetSocketAddress remote, int... sizes) {
    SendBatch batch = new SendBatch();
    batch.begin(0, remote);
    for (int size : sizes) {
      batch.add(size);
    }
    return batch;
  }

  /** {@code batch}, to bear an ECN codepoint. */
  public static SendBatch marked(int ecn, SendBatch batch) {
    batch.mark(ecn);
    return batch;
  }
}
