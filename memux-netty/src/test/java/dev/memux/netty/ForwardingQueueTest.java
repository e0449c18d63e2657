package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ForwardingQueueTest {
  private static final InetSocketAddress SENDER =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 4433);

  private final ForwardingQueue queue = new ForwardingQueue();

  @Test
  void copiesWhatItTakes() {
    byte[] buffer = {0, 1, 2, 3, 4};
    queue.offer(0, SENDER, buffer, 1, 3, 2);
    buffer[1] = 9;
    ForwardingQueue.Datagram datagram = queue.poll();
    assertArrayEquals(new byte[] {1, 2, 3}, datagram.payload());
    assertEquals(SENDER, datagram.sender());
    assertEquals(2, datagram.ecn());
    assertNull(queue.poll());
  }

  @Test
  void wakesItsOwnerOnceUntilItDrains() {
    assertTrue(queue.offer(0, SENDER, new byte[1], 0, 1, 0));
    assertFalse(queue.offer(0, SENDER, new byte[1], 0, 1, 0));
    queue.beginDraining();
    assertTrue(queue.offer(0, SENDER, new byte[1], 0, 1, 0));
  }

  @Test
  void dropsAboveItsBound() {
    for (int i = 0; i < ForwardingQueue.MAX_DATAGRAMS; i++) {
      queue.offer(0, SENDER, new byte[1], 0, 1, 0);
    }
    assertEquals(0, queue.dropped());
    assertFalse(queue.offer(0, SENDER, new byte[1], 0, 1, 0));
    assertFalse(queue.offer(0, SENDER, new byte[1], 0, 1, 0));
    assertEquals(2, queue.dropped());
    assertEquals(ForwardingQueue.MAX_DATAGRAMS, queue.size());
    queue.poll();
    queue.offer(0, SENDER, new byte[1], 0, 1, 0);
    assertEquals(2, queue.dropped());
  }

  @Test
  void losesNoWakeUpBetweenThreads() throws Exception {
    int perThread = 2000;
    AtomicInteger wakeUps = new AtomicInteger();
    int taken = 0;
    CountDownLatch done = new CountDownLatch(2);
    Runnable producer =
        () -> {
          for (int i = 0; i < perThread; i++) {
            if (queue.offer(0, SENDER, new byte[1], 0, 1, 0)) {
              wakeUps.incrementAndGet();
            }
          }
          done.countDown();
        };
    Thread.ofVirtual().start(producer);
    Thread.ofVirtual().start(producer);
    // The owner looks only when it has been woken.
    while (done.getCount() > 0 || wakeUps.get() > 0) {
      if (wakeUps.get() > 0) {
        wakeUps.decrementAndGet();
        queue.beginDraining();
        while (queue.poll() != null) {
          taken++;
        }
      } else {
        Thread.onSpinWait();
      }
    }
    assertEquals(2L * perThread, taken + queue.dropped());
  }
}
