package dev.memux.netty;

import static dev.memux.netty.CarrierType.QUIC;
import static dev.memux.netty.CarrierType.TCP;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RouteMemoryTest {
  private static final String SERVER = "example.org:443";
  private static final InetAddress FOUR = InetAddress.ofLiteral("192.0.2.1");
  private static final InetAddress SIX = InetAddress.ofLiteral("2001:db8::1");

  private long now = -5;
  private final RouteMemory memory = new RouteMemory(() -> now);

  private List<Route> routes() {
    return memory.routes(SERVER, EnumSet.allOf(CarrierType.class), List.of(FOUR, SIX), 443);
  }

  private static Route route(CarrierType carrier, InetAddress address) {
    return new Route(carrier, new InetSocketAddress(address, 443));
  }

  // RFC 8305 §4
  @Test
  void beginsWithQuicAndTakesFamiliesAndCarriersInTurn() {
    assertEquals(
        List.of(route(QUIC, SIX), route(TCP, FOUR), route(QUIC, FOUR), route(TCP, SIX)), routes());
  }

  @Test
  void triesOnlyWhatMayCarryTheConnection() {
    assertEquals(
        List.of(route(TCP, FOUR), route(TCP, SIX)),
        memory.routes(SERVER, EnumSet.of(TCP), List.of(SIX, FOUR), 443));
    assertEquals(
        List.of(route(QUIC, SIX), route(QUIC, FOUR)),
        memory.routes(SERVER, EnumSet.of(QUIC), List.of(SIX, FOUR), 443));
  }

  @Test
  void beginsWithWhatWorkedUntilThatExpires() {
    memory.onConnected(SERVER, route(TCP, FOUR));
    List<Route> tcpFirst =
        List.of(route(TCP, FOUR), route(QUIC, FOUR), route(TCP, SIX), route(QUIC, SIX));
    assertEquals(tcpFirst, routes());
    now += RouteMemory.EXPIRY.toNanos() - 1;
    memory.onConnected(SERVER, route(TCP, FOUR)); // with a head start: no news about QUIC
    assertEquals(tcpFirst, routes());
    now += 1;
    assertEquals(route(QUIC, SIX), routes().getFirst());
    assertEquals(0, memory.size());
  }

  @Test
  void quicThatWorksIsRememberedAnew() {
    memory.onConnected(SERVER, route(QUIC, FOUR));
    now += RouteMemory.EXPIRY.toNanos() - 1;
    memory.onConnected(SERVER, route(QUIC, FOUR));
    now += RouteMemory.EXPIRY.toNanos() - 1;
    assertEquals(route(QUIC, FOUR), routes().getFirst());
    assertEquals(route(TCP, FOUR), routes().get(1));
  }

  @Test
  void afterQuicWasLostTcpComesFirst() {
    memory.onConnected(SERVER, route(QUIC, FOUR));
    memory.onLost(SERVER, route(QUIC, FOUR));
    assertEquals(route(TCP, FOUR), routes().getFirst());
    memory.onLost(SERVER, route(TCP, FOUR));
    assertEquals(route(QUIC, SIX), routes().getFirst());
  }

  @Test
  void anAddressThatTheServerHasNoMoreIsForgotten() {
    memory.onConnected(SERVER, route(TCP, InetAddress.ofLiteral("192.0.2.9")));
    assertEquals(route(QUIC, SIX), routes().getFirst());
  }

  @Test
  void remembersSoManyServersAndNotMore() {
    for (int i = 0; i <= RouteMemory.MAX_SERVERS; i++) {
      memory.onConnected("server" + i, route(TCP, FOUR));
      memory.onConnected(SERVER, route(TCP, FOUR)); // the youngest again
    }
    assertEquals(RouteMemory.MAX_SERVERS, memory.size());
    assertEquals(route(TCP, FOUR), routes().getFirst());
  }
}
