package dev.memux.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NetworkTest {
  private static final InetSocketAddress A = Network.address(0, 1);
  private static final InetSocketAddress B = Network.address(1, 2);

  private final Simulation simulation = new Simulation(-50);
  private final Network network = new Network(simulation, new Seed(1));

  @Test
  void allDatagramsOfAnInstantComeBeforeTheTurn() {
    ScriptedNode node = new ScriptedNode();
    RecordingNode sender = new RecordingNode(A);
    network.attach(sender, A);
    network.attach(node, B);
    network.link(A, B, LinkProfile.builder().delayNanos(10).build());
    sender.sendAt(-50, B, new byte[1]);
    sender.sendAt(-50, B, new byte[1]);
    network.wake(sender);
    simulation.runToEnd(1000);
    assertEquals(List.of("receive -40", "receive -40", "transmit -40"), node.calls);
  }

  @Test
  void aDeadlineIsKeptAndMayMove() {
    ScriptedNode node = new ScriptedNode();
    network.attach(node, B);
    node.deadlineNanos = 100;
    network.wake(node);
    simulation.runUntil(50);
    node.deadlineNanos = 70;
    network.wake(node);
    simulation.runUntil(1000);
    assertEquals(List.of("transmit -50", "transmit 50", "timeout 70", "transmit 70"), node.calls);
  }

  @Test
  void aDeadlineMovedLaterIsNotFiredEarly() {
    ScriptedNode node = new ScriptedNode();
    network.attach(node, B);
    node.deadlineNanos = 10;
    network.wake(node);
    simulation.runUntil(0);
    node.deadlineNanos = 20;
    simulation.runUntil(1000);
    assertEquals(List.of("transmit -50", "timeout 20", "transmit 20"), node.calls);
  }

  @Test
  void aNodeWhoseDeadlineNeverMovesIsStopped() {
    Node spinning =
        new ScriptedNode() {
          @Override
          public void onTimeout(long nowNanos) {}
        };
    ((ScriptedNode) spinning).deadlineNanos = 0;
    network.attach(spinning, B);
    network.wake(spinning);
    assertThrows(IllegalStateException.class, () -> simulation.runToEnd(1000));
  }

  @Test
  void withoutALinkOrANodeThereIsNoRoute() {
    List<DropReason> drops = new ArrayList<>();
    network.observe(
        new NetworkObserver() {
          @Override
          public void onDropped(Datagram datagram, DropReason reason, long nowNanos) {
            drops.add(reason);
          }
        });
    network.inject(A, B, new byte[1]);
    network.link(A, B, LinkProfile.builder().build());
    network.inject(A, B, new byte[1]);
    assertTrue(simulation.runToEnd(1000));
    assertEquals(List.of(DropReason.NO_ROUTE, DropReason.NO_ROUTE), drops);
  }

  @Test
  void anAddressAndALinkCanBeTakenOnlyOnce() {
    network.attach(new ScriptedNode(), A);
    network.link(A, B, LinkProfile.builder().build());
    assertThrows(IllegalArgumentException.class, () -> network.attach(new ScriptedNode(), A));
    assertThrows(
        IllegalArgumentException.class, () -> network.link(A, B, LinkProfile.builder().build()));
  }

  @Test
  void whatIsUnderWayToAnAddressThatIsGivenUpGetsLost() {
    RecordingNode node = new RecordingNode(B);
    InetSocketAddress next = Network.address(1, 3);
    network.attach(node, B);
    Link link = network.link(A, B, LinkProfile.builder().delayNanos(10).build());
    network.inject(A, B, new byte[1]);
    network.detach(node, B);
    network.attach(node, next);
    network.route(A, next, link);
    network.inject(A, next, new byte[2]);
    simulation.runToEnd(1000);
    assertEquals(1, node.arrivals.size());
    assertEquals(2, node.arrivals.getFirst().payload().length);
    assertThrows(IllegalArgumentException.class, () -> network.detach(node, B));
    assertThrows(IllegalArgumentException.class, () -> network.route(A, next, link));
  }

  @Test
  void pairsOfAddressesThatShareALinkShareItsQueue() {
    RecordingNode node = new RecordingNode(B);
    InetSocketAddress other = Network.address(2, 3);
    network.attach(node, B);
    Link link = network.link(A, B, LinkProfile.builder().rateBitsPerSecond(8_000_000).build());
    network.route(other, B, link);
    network.inject(A, B, new byte[1000]);
    network.inject(other, B, new byte[1000]);
    simulation.runToEnd(10_000_000);
    assertEquals(
        List.of(999_950L, 1_999_950L),
        node.arrivals.stream().map(RecordingNode.Arrival::atNanos).toList());
  }

  @Test
  void aCopyComesFromAnotherAddressByItsOwnLink() {
    RecordingNode sender = new RecordingNode(A);
    RecordingNode node = new RecordingNode(B);
    InetSocketAddress other = Network.address(2, 3);
    network.attach(sender, A);
    network.attach(node, B);
    network.link(A, B, LinkProfile.builder().delayNanos(20).build());
    network.link(other, B, LinkProfile.builder().delayNanos(10).build());
    network.observe(
        new NetworkObserver() {
          @Override
          public void onSent(Datagram datagram, long nowNanos) {
            network.copy(datagram, other);
          }
        });
    sender.sendAt(-50, B, new byte[1]);
    network.wake(sender);
    simulation.runToEnd(1000);
    assertEquals(
        List.of(-40L, -30L), node.arrivals.stream().map(RecordingNode.Arrival::atNanos).toList());
  }

  @Test
  void eventsOfAnInstantRunInTheOrderOfScheduling() {
    List<Integer> order = new ArrayList<>();
    simulation.at(5, () -> order.add(1));
    simulation.at(3, () -> order.add(0));
    simulation.at(5, () -> order.add(2));
    simulation.at(-1000, () -> order.add(-1)); // The past is now.
    simulation.runToEnd(10);
    assertEquals(List.of(-1, 0, 1, 2), order);
    assertEquals(5, simulation.nowNanos());
    assertEquals(55, simulation.elapsedNanos());
  }

  /** Writes down each call. */
  private static class ScriptedNode implements Node {
    final List<String> calls = new ArrayList<>();
    long deadlineNanos = NEVER;

    @Override
    public void receive(Datagram datagram, long nowNanos) {
      calls.add("receive " + nowNanos);
    }

    @Override
    public void onTimeout(long nowNanos) {
      calls.add("timeout " + nowNanos);
      deadlineNanos = NEVER;
    }

    @Override
    public void transmit(DatagramSink out, long nowNanos) {
      calls.add("transmit " + nowNanos);
    }

    @Override
    public long deadlineNanos() {
      return deadlineNanos;
    }
  }
}
