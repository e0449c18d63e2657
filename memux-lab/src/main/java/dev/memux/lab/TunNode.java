package dev.memux.lab;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.memux.sim.Datagram;
import dev.memux.sim.DatagramSink;
import dev.memux.sim.DropReason;
import dev.memux.sim.Link;
import dev.memux.sim.Network;
import dev.memux.sim.NetworkObserver;
import dev.memux.sim.Node;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.Map;

/**
 * The end of an emulated link that a TUN device feeds: what a namespace's stack sends becomes
 * datagrams of the simulated network, and the other way round. Apart from its making, everything
 * belongs to the link's thread.
 */
final class TunNode implements Node {
  /** Packets taken in before the other end's turn and a look at the time. */
  private static final int BURST_PACKETS = 64;

  private final TunDevice device;
  private final InetSocketAddress address;
  private final Fate fate = new Fate();
  private final BacklogHistory backlogs = new BacklogHistory();
  private SystemCalls system = new SystemCalls();
  private MemorySegment packet = MemorySegment.NULL;

  /**
   * @param address what the simulated network knows this end by
   */
  TunNode(TunDevice device, InetSocketAddress address) {
    this.device = device;
    this.address = address;
  }

  InetSocketAddress address() {
    return address;
  }

  int descriptor() {
    return device.descriptor();
  }

  /** Watches what becomes of the packets sent here. */
  NetworkObserver fate() {
    return fate;
  }

  /** Of the link from here. */
  BacklogHistory backlogs() {
    return backlogs;
  }

  LinkStatistics statistics() {
    return new LinkStatistics(
        fate.packets, fate.bytes, fate.delivered, fate.dropped, fate.worstLatenessNanos);
  }

  /** From now on the calling thread runs the link. */
  void begin(SystemCalls calls, Arena arena) {
    system = calls;
    packet = arena.allocate(TunDevice.MTU_BYTES);
  }

  /** Puts waiting packets on {@code link}; returns whether there may be more. */
  boolean takeIn(Network network, InetSocketAddress destination, Link link) throws IOException {
    for (int i = 0; i < BURST_PACKETS; i++) {
      int length = system.read(device.descriptor(), packet);
      if (length <= 0) {
        return false;
      }
      byte[] bytes =
          packet.asSlice(0, length).toArray(JAVA_BYTE); // what is due here goes there, too
      network.simulation().runUntil(System.nanoTime());
      network.inject(address, destination, bytes);
      backlogs.onPacket(network.simulation().nowNanos(), link.backlogNanos());
    }
    return true;
  }

  @Override
  public void receive(Datagram datagram, long nowNanos) {
    MemorySegment.copy(datagram.payload(), 0, packet, JAVA_BYTE, 0, datagram.bytes());
    try {
      // Without room, or damaged beyond recognition as IP, it is lost, as at a network card.
      system.write(device.descriptor(), packet, datagram.bytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void onTimeout(long nowNanos) {}

  @Override
  public void transmit(DatagramSink out, long nowNanos) {}

  @Override
  public long deadlineNanos() {
    return NEVER;
  }

  void close() {
    device.close();
  }

  private final class Fate implements NetworkObserver {
    private final Map<DropReason, Long> dropped = new EnumMap<>(DropReason.class);
    private long packets;
    private long bytes;
    private long delivered;
    private long worstLatenessNanos;

    @Override
    public void onInjected(Datagram datagram, long nowNanos) {
      if (isOurs(datagram)) {
        packets++;
        bytes += datagram.bytes();
      }
    }

    @Override
    public void onDelivered(Datagram datagram, boolean intact, long nowNanos) {
      if (isOurs(datagram)) {
        delivered++;
        worstLatenessNanos = Math.max(worstLatenessNanos, System.nanoTime() - nowNanos);
      }
    }

    @Override
    public void onDropped(Datagram datagram, DropReason reason, long nowNanos) {
      if (isOurs(datagram)) {
        dropped.merge(reason, 1L, Long::sum);
      }
    }

    private boolean isOurs(Datagram datagram) {
      return datagram.source().equals(address);
    }
  }
}
