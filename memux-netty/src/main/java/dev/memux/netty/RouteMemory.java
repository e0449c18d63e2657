package dev.memux.netty;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Remembers on which way servers were reached, so that the next race to one of them begins with
 * what worked (RFC 8305 §4). Any thread.
 *
 * <p>QUIC comes first. A server that was reached over TCP, because QUIC was slower by the head
 * start that it has, or failed, or was lost, is sought over TCP first for as long as {@link
 * #EXPIRY}; after that QUIC has its chance again.
 */
public final class RouteMemory {
  /** How long what has worked comes first. */
  public static final Duration EXPIRY = Duration.ofMinutes(10);

  /** How many servers are remembered; those that were reached longest ago are forgotten. */
  public static final int MAX_SERVERS = 1024;

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final LongSupplier nanoTime;

  private record Entry(Route route, long expiresNanos) {}

  /** Knows of nothing yet. */
  public RouteMemory() {
    this(System::nanoTime);
  }

  RouteMemory(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * The routes to a server in the order in which they are to be tried: what worked first; then
   * families (RFC 8305 §4) and carriers in turn, so that neither a broken IPv6 nor a blocked UDP
   * costs more than one attempt.
   *
   * @param server who is sought
   * @param carriers what may carry the connection
   * @param addresses of the server, as resolved
   */
  public List<Route> routes(
      String server, Set<CarrierType> carriers, List<InetAddress> addresses, int port) {
    List<InetAddress> ordered = ConnectRace.interleaved(addresses);
    CarrierType first = CarrierType.QUIC;
    int ahead = 1; // the second attempt differs from the first in the family, too
    Route known = known(server);
    if (known != null && ordered.remove(known.remote().getAddress())) {
      ordered.addFirst(known.remote().getAddress());
      first = known.carrier();
      ahead = 0; // that address is known to work
    }
    List<Route> routes = new ArrayList<>();
    for (int i = 0; i < ordered.size(); i++) {
      add(routes, carriers, first, ordered.get(i), port);
      add(routes, carriers, first.other(), ordered.get((i + ahead) % ordered.size()), port);
    }
    return routes;
  }

  private static void add(
      List<Route> routes,
      Set<CarrierType> carriers,
      CarrierType carrier,
      InetAddress address,
      int port) {
    if (carriers.contains(carrier)) {
      routes.add(new Route(carrier, new InetSocketAddress(address, port)));
    }
  }

  private synchronized @Nullable Route known(String server) {
    Entry entry = entries.get(server);
    if (entry == null) {
      return null;
    }
    if (nanoTime.getAsLong() - entry.expiresNanos() >= 0) {
      entries.remove(server);
      return null;
    }
    return entry.route();
  }

  /** The server was reached. */
  public synchronized void onConnected(String server, Route route) {
    Route before = known(server);
    Entry entry = entries.get(server);
    // TCP that had the head start proves nothing about QUIC: its time is not prolonged.
    boolean hadHeadStart =
        route.carrier() == CarrierType.TCP && before != null && before.carrier() == CarrierType.TCP;
    long expiresNanos =
        hadHeadStart && entry != null
            ? entry.expiresNanos()
            : nanoTime.getAsLong() + EXPIRY.toNanos();
    put(server, new Entry(route, expiresNanos));
  }

  /** A connection on that route was lost after it had worked. */
  public synchronized void onLost(String server, Route route) {
    if (route.carrier() == CarrierType.QUIC) {
      Route instead = new Route(CarrierType.TCP, route.remote());
      put(server, new Entry(instead, nanoTime.getAsLong() + EXPIRY.toNanos()));
    } else {
      entries.remove(server);
    }
  }

  private void put(String server, Entry entry) {
    entries.remove(server); // so that it becomes the youngest
    entries.put(server, entry);
    if (entries.size() > MAX_SERVERS) {
      entries.remove(entries.keySet().iterator().next());
    }
  }

  synchronized int size() {
    return entries.size();
  }
}
