package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.memux.engine.quic.QuicConfig;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

/** Connections that somebody else's listener has accepted. */
final class QmuxAcceptorTest {
  @Test
  void refusesConnectionsWhileMemoryIsScarce() {
    ProcessMemory memory = new ProcessMemory(1 << 20);
    memory.add(memory.maxBytes());
    EmbeddedChannel channel = new EmbeddedChannel();
    new QmuxAcceptor(QuicConfig.DEFAULT, memory)
        .accept(channel, new ChannelInboundHandlerAdapter());
    assertFalse(channel.isOpen());
    assertNull(channel.pipeline().firstContext());
  }
}
