package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.local.LocalIoHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class IoTransportTest {
  @AfterEach
  void clear() {
    System.clearProperty(IoTransport.PROPERTY);
  }

  @Test
  void prefersEpollWhereItWorks() {
    assertEquals(
        Epoll.isAvailable() ? IoTransport.EPOLL : IoTransport.NIO, IoTransport.preferred());
  }

  @Test
  void thePropertyDecides() {
    System.setProperty(IoTransport.PROPERTY, "nio");
    assertSame(IoTransport.NIO, IoTransport.preferred());
    System.setProperty(IoTransport.PROPERTY, "carrier pigeons");
    assertThrows(IllegalStateException.class, IoTransport::preferred);
  }

  @ParameterizedTest
  @EnumSource(IoTransport.class)
  void knowsItsOwnEventLoops(IoTransport transport) {
    try (Loopback loopback = new Loopback(transport)) {
      assertSame(transport, IoTransport.of(loopback.group));
    }
  }

  @Test
  void refusesOtherEventLoops() {
    EventLoopGroup local = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
    assertThrows(IllegalArgumentException.class, () -> IoTransport.of(local));
    local.shutdownGracefully();
  }
}
