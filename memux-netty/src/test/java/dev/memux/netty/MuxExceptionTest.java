package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.wire.TransportError;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whose doing the end of a connection was. */
class MuxExceptionTest {
  @Test
  void anApplicationsCloseIsThePeersOrOurs() {
    CloseReason byPeer = new CloseReason(Origin.PEER, true, 7, 0, "enough");
    MuxException.Peer peer = assertInstanceOf(MuxException.Peer.class, MuxException.of(byPeer));
    assertEquals(7, peer.code());
    assertEquals("enough", peer.reason());
    CloseReason byUs = new CloseReason(Origin.LOCAL, true, 8, 0, "");
    MuxException.Local local = assertInstanceOf(MuxException.Local.class, MuxException.of(byUs));
    assertEquals(8, local.code());
    assertEquals("connection closed by this side: application error 0x8", local.getMessage());
  }

  @Test
  void aProtocolErrorIsTheTransportsWhoeverFindsIt() {
    for (Origin origin : new Origin[] {Origin.LOCAL, Origin.PEER}) {
      CloseReason reason =
          new CloseReason(origin, false, TransportError.FLOW_CONTROL_ERROR, 8, "too much");
      MuxException.Transport failure =
          assertInstanceOf(MuxException.Transport.class, MuxException.of(reason));
      assertEquals(TransportError.FLOW_CONTROL_ERROR, failure.code());
      assertEquals("too much", failure.reason());
      assertEquals(origin == Origin.PEER, failure.isByPeer());
    }
    assertInstanceOf(
        MuxException.Transport.class,
        MuxException.of(new CloseReason(Origin.VERSION_NEGOTIATION, false, 0, 0, "")));
  }

  @Test
  void whatThePeerSaysCannotForgeALogLineOrCommandATerminal() {
    String reason = "so\nERROR all is lost\u001b[2J\u009b";
    MuxException.Peer failure =
        assertInstanceOf(
            MuxException.Peer.class,
            MuxException.of(new CloseReason(Origin.PEER, true, 7, 0, reason)));
    assertEquals(
        "connection closed by the peer: application error 0x7: so?ERROR all is lost?[2J?",
        failure.getMessage());
    assertEquals(reason, failure.reason());
  }

  @Test
  void silenceIsATimeout() {
    for (Origin origin : new Origin[] {Origin.IDLE_TIMEOUT, Origin.HANDSHAKE_TIMEOUT}) {
      CloseReason reason = new CloseReason(origin, false, 0, 0, "");
      assertInstanceOf(MuxException.Timeout.class, MuxException.of(reason));
    }
  }

  @Test
  void aStreamOfALostCarrierKnowsWhatThePeerHas() {
    CloseReason reason = new CloseReason(Origin.CARRIER_LOST, false, 0, 0, "the socket was closed");
    ConnectionClosedException told = new ConnectionClosedException(reason, 1234);
    MuxException.CarrierLost lost =
        assertInstanceOf(MuxException.CarrierLost.class, MuxException.behind(told));
    assertEquals(1234, lost.bytesAcknowledged());
    assertEquals("connection lost: the socket was closed", lost.getMessage());
    assertSame(lost, told.getCause());
  }

  @Test
  void aStreamIsLostWithAConnectionThatIdlesAway() {
    CloseReason reason = new CloseReason(Origin.IDLE_TIMEOUT, false, 0, 0, "");
    MuxException.CarrierLost lost =
        assertInstanceOf(MuxException.CarrierLost.class, MuxException.ofStream(reason, 1234));
    assertEquals(1234, lost.bytesAcknowledged());
    assertEquals("connection idle timeout", lost.getMessage());
  }

  @Test
  void onesThatTellMoreAreOfTheSameKind() {
    for (MuxException failure :
        List.of(
            new MuxException.Peer("p", 1, "r"),
            new MuxException.Transport("t", 2, "r", true),
            new MuxException.Timeout("o"),
            new MuxException.CarrierLost("c", 3),
            new MuxException.Local("l", 4, "r"))) {
      MuxException more = failure.withMessage("more");
      assertSame(failure.getClass(), more.getClass());
      assertEquals("more", more.getMessage());
      assertSame(failure, more.getCause());
    }
    assertEquals(
        3,
        assertInstanceOf(
                MuxException.CarrierLost.class,
                new MuxException.CarrierLost("c", 3).withMessage("more"))
            .bytesAcknowledged());
  }

  @Test
  void whatLiesBehindIsFoundThroughAnyWrapping() {
    MuxException.Timeout timeout = new MuxException.Timeout("too late");
    assertSame(timeout, MuxException.behind(timeout));
    assertSame(timeout, MuxException.behind(new RuntimeException(new IOException(timeout))));
    assertNull(MuxException.behind(new IOException("disk full")));
    assertTrue(MuxException.of(reasonOf(Origin.PEER)) instanceof MuxException.Peer);
    assertFalse(MuxException.of(reasonOf(Origin.PEER)) instanceof MuxException.Transport);
  }

  /** RFC 9000 §20.1: NO_ERROR is no fault of the transport's. */
  private static CloseReason reasonOf(Origin origin) {
    return new CloseReason(origin, false, TransportError.NO_ERROR, 0, "");
  }
}
