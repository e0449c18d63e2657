package dev.memux.sim;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Sends what it is told to at given times, and writes down what arrives. */
final class RecordingNode implements Node {
  record Arrival(long id, long atNanos, byte[] payload, int ecn) {}

  private record Due(long atNanos, InetSocketAddress to, byte[] payload, int ecn) {}

  final InetSocketAddress address;
  final List<Arrival> arrivals = new ArrayList<>();
  private final ArrayDeque<Due> due = new ArrayDeque<>();

  RecordingNode(InetSocketAddress address) {
    this.address = address;
  }

  /** Times must not fall. */
  void sendAt(long atNanos, InetSocketAddress to, byte[] payload) {
    sendAt(atNanos, to, payload, 0);
  }

  void sendAt(long atNanos, InetSocketAddress to, byte[] payload, int ecn) {
    due.add(new Due(atNanos, to, payload, ecn));
  }

  @Override
  public void receive(Datagram datagram, long nowNanos) {
    arrivals.add(new Arrival(datagram.id(), nowNanos, datagram.payload(), datagram.ecn()));
  }

  @Override
  public void onTimeout(long nowNanos) {}

  @Override
  public void transmit(DatagramSink out, long nowNanos) {
    for (Due first = due.peek(); first != null && first.atNanos <= nowNanos; first = due.peek()) {
      out.send(address, first.to, first.payload, 0, first.payload.length, first.ecn);
      due.remove();
    }
  }

  @Override
  public long deadlineNanos() {
    Due first = due.peek();
    return first == null ? NEVER : first.atNanos;
  }
}
