package dev.memux.netty;

import dev.memux.engine.CloseReason;
import io.netty.handler.codec.quic.QuicEvent;

/**
 * User event of a {@link MuxQuicChannel}, before it becomes inactive: the connection has ended.
 * Takes the place of Netty's {@code QuicConnectionCloseEvent}, which only Netty can make.
 *
 * @param reason who ended it and why
 */
public record ConnectionClosedEvent(CloseReason reason) implements QuicEvent {
  @Override
  public String toString() {
    return "ConnectionClosedEvent[" + CloseReasons.describe(reason) + "]";
  }
}
