package dev.memux.netty;

import dev.memux.engine.mux.Datagrams;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.RecvByteBufAllocator;
import java.nio.BufferOverflowException;
import java.nio.BufferUnderflowException;
import org.jspecify.annotations.Nullable;

/**
 * Unreliable datagrams of a connection's channel (RFC 9221), as Netty's native QUIC has them: a
 * {@link ByteBuf} written to the channel is one, each that arrives is read from it as one.
 *
 * <p>A write succeeds when the engine has queued the datagram. Where the native channels drop
 * silently what finds no room, the write fails here, unless older ones make room ({@code
 * DatagramConfig.Overflow}).
 */
final class DatagramExchange {
  private final MuxQuicChannel channel;
  private final Datagrams datagrams;
  private boolean readPending;
  private boolean reading;

  DatagramExchange(MuxQuicChannel channel, Datagrams datagrams) {
    this.channel = channel;
    this.datagrams = datagrams;
  }

  /** Tells handlers whether the peer accepts datagrams; before the channel becomes active. */
  void announce() {
    if (datagrams.isAccepted()) {
      channel
          .pipeline()
          .fireUserEventTriggered(new DatagramExtensionEvent(datagrams.maxPayloadBytes()));
    }
  }

  // Writing.

  /** Hands flushed datagrams to the engine. */
  void drain(ChannelOutboundBuffer buffer) {
    for (Object message; (message = buffer.current()) != null; ) {
      ByteBuf content = (ByteBuf) message;
      Throwable refusal = content.isReadable() ? send(content) : null; // as Netty, skips empty ones
      if (refusal == null) {
        buffer.remove();
      } else {
        buffer.remove(refusal);
      }
    }
    channel.wake();
  }

  private @Nullable Throwable send(ByteBuf content) {
    return switch (datagrams.send(content.nioBuffer())) {
      case QUEUED, DISPLACED_OLDER -> null;
      case FULL -> new BufferOverflowException();
      case TOO_LARGE -> new BufferUnderflowException(); // Netty's choice
      case NOT_ACCEPTED -> new UnsupportedOperationException("the peer accepts no datagrams");
    };
  }

  // Reading.

  /** The application asks for what has arrived. */
  void beginRead() {
    readPending = true;
    if (datagrams.isReadable() && !reading) {
      // Not at once: the caller may be a handler that does not expect to be called back.
      channel.eventLoop().execute(this::complete);
    }
  }

  /** Delivers as much as the application has asked for. */
  void complete() {
    if (reading) {
      return;
    }
    reading = true;
    try {
      while (readPending && datagrams.isReadable() && channel.isActive()) {
        readPending = false;
        readOnce();
      }
    } finally {
      reading = false;
    }
  }

  @SuppressWarnings("deprecation") // what Unsafe returns
  private void readOnce() {
    RecvByteBufAllocator.Handle handle = channel.recvHandle();
    handle.reset(channel.config());
    for (byte[] next; (next = datagrams.poll()) != null; ) {
      handle.attemptedBytesRead(next.length);
      handle.lastBytesRead(next.length);
      handle.incMessagesRead(1);
      channel.pipeline().fireChannelRead(Unpooled.wrappedBuffer(next));
      if (!handle.continueReading()) {
        break;
      }
    }
    handle.readComplete();
    channel.pipeline().fireChannelReadComplete();
  }
}
