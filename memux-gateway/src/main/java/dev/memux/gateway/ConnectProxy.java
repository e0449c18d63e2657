package dev.memux.gateway;

import dev.memux.http.HttpVersion;
import dev.memux.http.Origin;
import dev.memux.http.RequestHandler;
import dev.memux.http.ServerExchange;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Opens tunnels for those who ask for one (CONNECT), and leaves other requests to the site. */
final class ConnectProxy implements RequestHandler {
  private final ConnectConfig config;
  private final RequestHandler site;
  private final Consumer<TunnelSummary> onOver;
  private final Map<String, Places> places = new HashMap<>();
  private final AtomicInteger tunnels = new AtomicInteger();
  private volatile boolean draining;

  /**
   * @param site who answers requests that are not for tunnels
   * @param onOver who is told of each request for a tunnel when it is over; must not block
   */
  ConnectProxy(ConnectConfig config, RequestHandler site, Consumer<TunnelSummary> onOver) {
    this.config = config;
    this.site = site;
    this.onOver = onOver;
    config.limits().forEach((key, n) -> places.put(key, new Places(n, config.maxWaiting())));
  }

  /**
   * Where a tunnel leads.
   *
   * @param named whether the operator has named it, so that every address of it will do
   * @param places null: as many as one likes
   */
  record Route(ConnectAuthority authority, Origin server, boolean named, @Nullable Places places) {}

  @Override
  public void handle(ServerExchange exchange) throws Exception {
    if (!exchange.request().isConnect()) {
      site.handle(exchange);
      return;
    }
    TunnelRecord entry = new TunnelRecord(exchange, onOver);
    Route route;
    try {
      route = route(exchange);
    } catch (RefusedTunnelException e) {
      e.refusal().send(exchange);
      entry.refused(e.refusal().status());
      return;
    }
    if (tunnels.incrementAndGet() > config.maxTunnels()) {
      tunnels.decrementAndGet();
      ConnectRefusal full = ConnectRefusal.full("there are too many tunnels");
      full.send(exchange);
      entry.refused(full.status());
      return;
    }
    entry.whenOver(tunnels::decrementAndGet);
    new ConnectRequest(exchange, route, this, entry).start();
  }

  ConnectConfig config() {
    return config;
  }

  TunnelCounts counts() {
    return new TunnelCounts(
        tunnels.get(), places.values().stream().mapToInt(Places::waiting).sum());
  }

  /** Opens no more tunnels, and sends those away who wait for one. */
  void drain() {
    draining = true;
    places.values().forEach(Places::close);
  }

  /** Those of the addresses that a tunnel may lead to. */
  List<InetAddress> permitted(Route route, List<InetAddress> addresses) {
    return route.named()
        ? addresses
        : addresses.stream()
            .filter(
                address ->
                    config.rules().stream()
                        .anyMatch(rule -> rule.permits(route.authority(), address)))
            .toList();
  }

  private Route route(ServerExchange exchange) throws RefusedTunnelException {
    if (draining) {
      throw new RefusedTunnelException(ConnectRefusal.draining());
    }
    if (exchange.version() == HttpVersion.HTTP_1_1 || exchange.version() == HttpVersion.HTTP_1_0) {
      throw new RefusedTunnelException(
          new ConnectRefusal(
              501, "http_protocol_error", "there are tunnels by HTTP/2 and HTTP/3 only"));
    }
    ConnectAuthority authority;
    try {
      authority = ConnectAuthority.parse(exchange.request().authority());
    } catch (IllegalArgumentException e) {
      throw new RefusedTunnelException(ConnectRefusal.malformed(String.valueOf(e.getMessage())));
    }
    Origin named = config.targets().get(authority.host());
    if (named != null) {
      return new Route(authority, named, true, places.get(authority.host()));
    }
    if (authority.port() == ConnectAuthority.NO_PORT) {
      throw new RefusedTunnelException(ConnectRefusal.malformed("the port is missing"));
    }
    // Before anything is resolved: a name server is told nothing by who may not ask.
    if (config.rules().stream().noneMatch(rule -> rule.covers(authority))) {
      throw new RefusedTunnelException(ConnectRefusal.forbidden(authority));
    }
    return new Route(authority, authority.origin(), false, places.get(authority.toString()));
  }
}
