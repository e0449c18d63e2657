package dev.memux.sim.world;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.sim.LinkProfile;
import dev.memux.tls.CipherSuite;
import dev.memux.tls.NamedGroup;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that is decided about a world before it begins.
 *
 * @param startNanos what the clock says at the beginning
 * @param timerGranularityNanos how late the timers of event loops fire at most
 * @param socketDatagrams how much sockets take at once
 * @param handshakeWorkNanos how long signatures and the like take on another thread; 0: they are
 *     made at once
 * @param qmux what its connections are like over QMux; null: they go over QUIC
 */
record WorldPlan(
    long startNanos,
    QuicConfig clientConfig,
    QuicConfig serverConfig,
    TlsPlan tls,
    long timerGranularityNanos,
    int socketDatagrams,
    long handshakeWorkNanos,
    @Nullable QmuxPlan qmux,
    List<ConversationPlan> conversations) {

  /**
   * The handshakes.
   *
   * @param suite the only one offered
   * @param serverGroup the only one that the server takes; the client's share is for the first, so
   *     that another costs a HelloRetryRequest
   * @param certificates how long the server's chain is: a long one does not fit into what a server
   *     may send before the client's address is validated
   * @param visited how the server was configured when the clients were there before, so that they
   *     come with early data, which is refused if that has changed; null: never
   * @param keyUpdates how often each side tries to update its keys, and at which intervals
   */
  record TlsPlan(
      CipherSuite suite,
      NamedGroup serverGroup,
      int certificates,
      @Nullable QuicConfig visited,
      KeyUpdates keyUpdates) {
    static final TlsPlan DEFAULT =
        new TlsPlan(
            CipherSuite.TLS_AES_128_GCM_SHA256, NamedGroup.X25519, 1, null, KeyUpdates.NONE);

    TlsPlan withCertificates(int count) {
      return new TlsPlan(suite, serverGroup, count, visited, keyUpdates);
    }
  }

  /** RFC 9001 §6.1: attempts that come too early do nothing. */
  record KeyUpdates(int count, long everyNanos) {
    static final KeyUpdates NONE = new KeyUpdates(0, 0);
  }

  /**
   * One client and its connection.
   *
   * @param up from client to server
   * @param sharing what it has in common with the first conversation
   * @param rebindings changes of the client's address that it does not notice
   * @param moves changes of its own will
   * @param preferred what it thinks of the address that the server prefers, if there is one
   * @param spoofedAfterNanos when somebody makes the client seem to be elsewhere, from when the
   *     client knows that the handshake is over
   * @param injections how many foreign datagrams somebody on the path slips in
   */
  record ConversationPlan(
      long connectAfterNanos,
      Sharing sharing,
      LinkProfile up,
      LinkProfile down,
      List<StreamPlan> streams,
      List<Rebinding> rebindings,
      List<Move> moves,
      Preferred preferred,
      List<Long> spoofedAfterNanos,
      DatagramPlan datagrams,
      Ending ending,
      long endAfterNanos,
      int injections) {}

  /** What a conversation has in common with the first one of its world. */
  enum Sharing {
    NOTHING,
    /** Both go through the same links, and compete for them. */
    LINK,
    /** They are two connections of one client endpoint. */
    CLIENT
  }

  /**
   * The client gets another address, and is not to be found at the one before any more.
   *
   * @param afterNanos from when the client knows that the handshake is over
   * @param otherHost another IP address, not only another port
   * @param up null: the links stay the same
   */
  record Rebinding(
      long afterNanos, boolean otherHost, @Nullable LinkProfile up, @Nullable LinkProfile down) {}

  /**
   * The client opens another socket and goes on from there.
   *
   * @param afterNanos from when it knows that the handshake is over
   * @param otherHost at another IP address, not only another port
   * @param probes it only wants to know whether it could
   * @param inVain nothing gets there
   * @param up null: the links stay the same
   */
  record Move(
      long afterNanos,
      boolean otherHost,
      boolean probes,
      boolean inVain,
      @Nullable LinkProfile up,
      @Nullable LinkProfile down) {}

  /** What a client thinks of a server's preferred address. */
  enum Preferred {
    STAYS,
    GOES
  }

  /**
   * How a connection ends. Times count from the end of the workload, or of the handshake for those
   * that cut it short.
   */
  enum Ending {
    CLIENT_CLOSES,
    SERVER_CLOSES,
    BOTH_CLOSE,
    /** Nobody says anything more. */
    IDLE,
    /** The client closes in the middle of the work. */
    CLIENT_ABORTS,
    SERVER_ABORTS,
    /** The path dies in the middle of the work. */
    PATH_DIES;

    boolean cutsShort() {
      return switch (this) {
        case CLIENT_CLOSES, SERVER_CLOSES, BOTH_CLOSE, IDLE -> false;
        case CLIENT_ABORTS, SERVER_ABORTS, PATH_DIES -> true;
      };
    }
  }
}
