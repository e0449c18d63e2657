package dev.memux.sim.world;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.sim.LinkProfile;
import java.util.List;

/**
 * All that is decided about a world before it begins.
 *
 * @param startNanos what the clock says at the beginning
 */
record WorldPlan(
    long startNanos,
    QuicConfig clientConfig,
    QuicConfig serverConfig,
    List<ConversationPlan> conversations) {

  /**
   * One client and its connection.
   *
   * @param up from client to server
   * @param injections how many foreign datagrams somebody on the path slips in
   */
  record ConversationPlan(
      long connectAfterNanos,
      LinkProfile up,
      LinkProfile down,
      List<StreamPlan> streams,
      Ending ending,
      long endAfterNanos,
      int injections) {}

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
