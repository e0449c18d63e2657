package dev.memux.netty;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Remembers what a socket tells; any thread may ask. */
class DatagramRecorder implements UdpSocket.Receiver {
  final List<Datagram> datagrams = new CopyOnWriteArrayList<>();

  /** How many datagrams each wake-up brought. */
  final List<Integer> perRead = new CopyOnWriteArrayList<>();

  /** How many calls it took to hand them over. */
  final AtomicInteger deliveries = new AtomicInteger();

  final AtomicInteger writable = new AtomicInteger();
  final AtomicInteger unreachable = new AtomicInteger();
  private int inThisRead;

  record Datagram(InetSocketAddress sender, byte[] payload, int ecn) {}

  @Override
  public void onDatagrams(
      InetSocketAddress sender, byte[] buffer, int offset, int length, int segmentBytes, int ecn) {
    deliveries.incrementAndGet();
    for (int from = offset; from < offset + length; from += segmentBytes) {
      int end = Math.min(from + segmentBytes, offset + length);
      datagrams.add(new Datagram(sender, Arrays.copyOfRange(buffer, from, end), ecn));
      inThisRead++;
    }
  }

  @Override
  public void onReadComplete() {
    perRead.add(inThisRead);
    inThisRead = 0;
  }

  @Override
  public void onWritable() {
    writable.incrementAndGet();
  }

  @Override
  public void onUnreachable() {
    unreachable.incrementAndGet();
  }

  List<Integer> sizes() {
    return datagrams.stream().map(d -> d.payload().length).toList();
  }
}
