package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.VersionInformation;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What either side says of its versions is held against what it does (RFC 9368 §4). */
class VersionClaimsTest {
  private static final int V1 = QuicVersion.V1.code();
  private static final int V2 = QuicVersion.V2.code();
  private static final int UNKNOWN = 0x5a6a7a8b;
  private static final VersionPair.Lie HONEST = truth -> truth;

  private static QuicConfig config(QuicVersion... versions) {
    return QuicConfig.DEFAULT.withVersions(VersionPolicy.preferring(versions));
  }

  private static QuicConfig both() {
    return config(QuicVersion.V1, QuicVersion.V2);
  }

  private static QuicConfig newerFirst() {
    return config(QuicVersion.V2, QuicVersion.V1);
  }

  private static VersionPair.Lie says(int chosen, Integer... available) {
    return truth -> new VersionInformation(chosen, List.of(available));
  }

  private static void assertWorks(VersionPair pair, QuicVersion version) {
    assertNull(pair.clientEnd());
    assertNull(pair.serverEnd());
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
    assertEquals(version, pair.client.version().current());
    assertEquals(version, pair.server().version().current());
  }

  private static void assertCloses(long code, CloseReason reason, CloseReason atPeer) {
    assertEquals(Origin.LOCAL, reason.origin());
    assertEquals(TransportError.name(code), TransportError.name(reason.code()), reason.reason());
    assertEquals(Origin.PEER, atPeer.origin());
    assertEquals(code, atPeer.code());
  }

  private static void assertClientCloses(VersionPair pair) {
    assertCloses(
        TransportError.VERSION_NEGOTIATION_ERROR,
        assertThere(pair.clientEnd()),
        assertThere(pair.serverEnd()));
  }

  private static CloseReason assertThere(@Nullable CloseReason reason) {
    assertNotNull(reason, "still open");
    return reason;
  }

  @Test
  void honestEndsMeet() {
    assertWorks(new VersionPair(both(), both(), HONEST, HONEST).settle(), QuicVersion.V1);
    assertWorks(new VersionPair(both(), newerFirst(), HONEST, HONEST).settle(), QuicVersion.V2);
    assertWorks(new VersionPair(newerFirst(), both(), HONEST, HONEST).settle(), QuicVersion.V1);
  }

  // A server's checks.

  /** RFC 9368 §4: somebody may have changed the version on the way. */
  @Test
  void aClientThatHasChosenAnotherVersionThanItBeganWith() {
    VersionPair pair = new VersionPair(both(), both(), says(V2, V1, V2), HONEST).settle();
    assertCloses(
        TransportError.VERSION_NEGOTIATION_ERROR,
        assertThere(pair.serverEnd()),
        assertThere(pair.clientEnd()));
  }

  /** RFC 9368 §4: the same in version 2. */
  @Test
  void aClientOfVersion2ThatHasChosenVersion1() {
    VersionPair pair = new VersionPair(newerFirst(), both(), says(V1, V1, V2), HONEST).settle();
    assertCloses(
        TransportError.VERSION_NEGOTIATION_ERROR,
        assertThere(pair.serverEnd()),
        assertThere(pair.clientEnd()));
  }

  /** RFC 9368 §4: a parsing failure is a TRANSPORT_PARAMETER_ERROR. */
  @Test
  void aClientWhoseChoiceIsNotAvailable() {
    VersionPair pair = new VersionPair(both(), newerFirst(), says(V1, V2), HONEST).settle();
    assertCloses(
        TransportError.TRANSPORT_PARAMETER_ERROR,
        assertThere(pair.serverEnd()),
        assertThere(pair.clientEnd()));
  }

  /** RFC 9368 §4: servers may go on without; they have nothing to choose from. */
  @Test
  void aClientThatSaysNothingStaysWithItsVersion() {
    assertWorks(
        new VersionPair(both(), newerFirst(), truth -> null, HONEST).settle(), QuicVersion.V1);
  }

  /** RFC 9368 §2.3: what a client offers alone is what it has begun with. */
  @Test
  void aClientThatOffersOneVersionStaysWithIt() {
    assertWorks(
        new VersionPair(both(), newerFirst(), says(V1, V1), HONEST).settle(), QuicVersion.V1);
  }

  /** RFC 9368 §3: versions that nobody knows, reserved ones among them, are passed over. */
  @Test
  void unknownVersionsAreNoChoice() {
    assertWorks(
        new VersionPair(both(), newerFirst(), says(V1, UNKNOWN, 0xfafafafa, V2, V1), HONEST)
            .settle(),
        QuicVersion.V2);
  }

  // A client's checks.

  /** RFC 9368 §4: or the Version field, which nobody protects, could choose. */
  @Test
  void aServerThatUsesAnotherVersionThanItSays() {
    assertClientCloses(new VersionPair(both(), both(), HONEST, says(V2, V1, V2)).settle());
    assertClientCloses(new VersionPair(both(), newerFirst(), HONEST, says(V1, V1, V2)).settle());
  }

  /** RFC 9368 §4: a server must choose of what the client has offered. */
  @Test
  void aServerThatChoosesWhatWasNotOffered() {
    assertClientCloses(
        new VersionPair(config(QuicVersion.V1), both(), HONEST, says(UNKNOWN, V1)).settle());
  }

  /** RFC 9368 §4: a client that follows nobody's word but the header's may have been led astray. */
  @Test
  void aServerThatChangesTheVersionAndSaysNothing() {
    assertClientCloses(new VersionPair(both(), newerFirst(), HONEST, truth -> null).settle());
  }

  /** RFC 9368 §4: clients may go on without where nothing was negotiated. */
  @Test
  void aServerThatSaysNothingAndStays() {
    assertWorks(new VersionPair(both(), both(), HONEST, truth -> null).settle(), QuicVersion.V1);
  }

  /** RFC 9368 §3: a server's list may lack what it has chosen, and may be empty. */
  @Test
  void aServerThatGivesItsVersionUp() {
    assertWorks(new VersionPair(both(), both(), HONEST, says(V1)).settle(), QuicVersion.V1);
    assertWorks(new VersionPair(both(), both(), HONEST, says(V1, V2)).settle(), QuicVersion.V1);
  }

  // After Version Negotiation.

  @Test
  void whoHasBegunAgainInTheRightVersionGoesOn() {
    assertWorks(
        new VersionPair(newerFirst(), config(QuicVersion.V1), HONEST, HONEST)
            .negotiate(UNKNOWN, V1)
            .settle(),
        QuicVersion.V1);
    assertWorks(
        new VersionPair(both(), config(QuicVersion.V2), HONEST, HONEST).negotiate(V2).settle(),
        QuicVersion.V2);
  }

  /** RFC 9368 §4: a downgrade: the server would have spoken what was left out of the packet. */
  @Test
  void aForgedVersionNegotiationIsFound() {
    assertClientCloses(
        new VersionPair(newerFirst(), QuicConfig.DEFAULT, HONEST, HONEST).negotiate(V1).settle());
    assertClientCloses(
        new VersionPair(both(), QuicConfig.DEFAULT, HONEST, HONEST).negotiate(V2).settle());
  }

  /** RFC 9368 §4: the list may be longer than the packet's, as long as the choice is the same. */
  @Test
  void versionsThatNobodyHereSpeaksChangeNothing() {
    assertWorks(
        new VersionPair(newerFirst(), config(QuicVersion.V1), HONEST, says(V1, UNKNOWN, V1))
            .negotiate(V1)
            .settle(),
        QuicVersion.V1);
  }

  /** RFC 9368 §4: an empty list could hide anything. */
  @Test
  void anEmptyListAfterVersionNegotiation() {
    assertClientCloses(
        new VersionPair(newerFirst(), config(QuicVersion.V1), HONEST, says(V1))
            .negotiate(V1)
            .settle());
  }

  /** RFC 9368 §4, §8: silence is a version 1 server's right, and nobody else's. */
  @Test
  void silenceAfterVersionNegotiation() {
    assertWorks(
        new VersionPair(newerFirst(), config(QuicVersion.V1), HONEST, truth -> null)
            .negotiate(V1)
            .settle(),
        QuicVersion.V1);
    assertClientCloses(
        new VersionPair(both(), config(QuicVersion.V2), HONEST, truth -> null)
            .negotiate(V2)
            .settle());
  }
}
