package dev.memux.sim.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.HeaderWriter;
import dev.memux.engine.packet.InitialSecrets;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.sim.Datagram;
import dev.memux.sim.DropReason;
import dev.memux.sim.Network;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class WireTapTest {
  private static final InetSocketAddress CLIENT = Network.address(1, 1000);
  private static final InetSocketAddress SERVER = Network.address(0, 443);
  private static final ConnectionId DESTINATION =
      ConnectionId.of(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
  private static final ConnectionId SOURCE = ConnectionId.of(new byte[] {9, 9, 9, 9});

  private final WireTap tap = new WireTap();
  private final Log log = new Log();

  WireTapTest() {
    tap.listen(log);
  }

  private static Datagram initial(long id, long packetNumber) {
    byte[] packet = new byte[1200];
    int payloadFrom =
        HeaderWriter.writeLong(
            packet,
            0,
            PacketType.INITIAL,
            QuicVersion.V1,
            DESTINATION,
            SOURCE,
            new byte[0],
            packetNumber,
            1);
    FrameWriter writer = new FrameWriter();
    writer.reset(packet, payloadFrom, packet.length - 16);
    writer.ping();
    writer.padTo(packet.length - 16);
    int payloadBytes = writer.position() - payloadFrom;
    HeaderWriter.patchLength(packet, payloadFrom, 1, payloadBytes);
    byte[] out = new byte[1500];
    int length =
        new PacketSealer(InitialSecrets.SUITE, InitialSecrets.client(QuicVersion.V1, DESTINATION))
            .seal(packet, 0, payloadFrom, 1, payloadBytes, packetNumber, out, 0);
    return new Datagram(id, CLIENT, SERVER, Arrays.copyOf(out, length));
  }

  @Test
  void readsWhatIsSentAndTellsWhenItArrives() {
    Datagram datagram = initial(0, 5);
    tap.onSent(datagram, 1);
    assertEquals(List.of("datagram CLIENT", "sent INITIAL 5 eliciting"), log.lines);
    assertEquals(1, tap.packets(datagram).size());
    tap.onDelivered(datagram, true, 2);
    assertEquals(List.of("arrived SERVER", "took INITIAL 5"), log.lines.subList(2, 4));
    assertTrue(tap.packets(datagram).isEmpty(), "nothing of it is under way any more");
  }

  @Test
  void aPacketIsRememberedAsLongAsACopyOfItFlies() {
    Datagram datagram = initial(0, 5);
    tap.onSent(datagram, 1);
    tap.onDuplicated(datagram, 1);
    tap.onDropped(datagram, DropReason.LOSS, 1);
    assertFalse(tap.packets(datagram).isEmpty());
    tap.onDelivered(datagram, true, 2);
    assertTrue(log.lines.contains("took INITIAL 5"));
    assertTrue(tap.packets(datagram).isEmpty());
  }

  @Test
  void aDamagedPacketIsNotDelivered() {
    Datagram datagram = initial(0, 5);
    tap.onSent(datagram, 1);
    byte[] damaged = datagram.payload().clone();
    damaged[1000] ^= 1;
    tap.onDelivered(new Datagram(0, CLIENT, SERVER, damaged), false, 2);
    assertEquals("arrived SERVER", log.lines.getLast());
  }

  @Test
  void whatItsKeysDoNotOpenIsReported() {
    tap.onSent(initial(0, 5), 1);
    byte[] damaged = initial(1, 6).payload();
    damaged[1000] ^= 1;
    tap.onSent(new Datagram(1, CLIENT, SERVER, damaged), 2);
    assertEquals("unreadable", log.lines.getLast());
  }

  @Test
  void whatBelongsToNoConnectionIsNobodys() {
    byte[] garbage = new byte[100];
    garbage[0] = 0x40;
    tap.onSent(new Datagram(0, CLIENT, SERVER, garbage), 1);
    tap.onDelivered(new Datagram(0, CLIENT, SERVER, garbage), true, 1);
    tap.onDelivered(new Datagram(7, CLIENT, SERVER, garbage), true, 1);
    assertEquals(List.of(), log.lines);
  }

  @Test
  void anInjectedDatagramCountsForTheConnectionThatItNames() {
    Datagram datagram = initial(0, 5);
    tap.onSent(datagram, 1);
    tap.onDelivered(new Datagram(9, CLIENT, SERVER, datagram.payload()), true, 2);
    assertEquals("arrived SERVER", log.lines.getLast());
  }

  private static final class Log implements WireListener {
    final List<String> lines = new ArrayList<>();

    @Override
    public void onDatagramSent(
        TappedConnection connection, Side sender, Datagram datagram, long nowNanos) {
      lines.add("datagram " + sender);
    }

    @Override
    public void onPacketSent(TappedPacket packet, long nowNanos) {
      lines.add(
          "sent "
              + packet.level()
              + " "
              + packet.number()
              + (packet.ackEliciting() ? " eliciting" : ""));
    }

    @Override
    public void onDatagramDelivered(
        TappedConnection connection, Side receiver, Datagram datagram, long nowNanos) {
      lines.add("arrived " + receiver);
    }

    @Override
    public void onPacketDelivered(TappedPacket packet, boolean intact, long nowNanos) {
      lines.add("took " + packet.level() + " " + packet.number());
    }

    @Override
    public void onUnreadable(Datagram datagram, String why, long nowNanos) {
      lines.add("unreadable");
    }
  }
}
