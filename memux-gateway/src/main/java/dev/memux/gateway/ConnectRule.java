package dev.memux.gateway;

import java.net.InetAddress;

/**
 * What tunnels may lead to. The more a rule leaves open, the less it reaches: see {@link #permits}.
 */
sealed interface ConnectRule {
  /** One host by name. */
  record Name(String name, Ports ports) implements ConnectRule {}

  /** Every host below a domain. */
  record Domain(String suffix, Ports ports) implements ConnectRule {}

  /** Every host. */
  record Any(Ports ports) implements ConnectRule {}

  /** Every host with such an address, whatever its name is. */
  record Range(AddressRange range, Ports ports) implements ConnectRule {}

  /** From first to last, both included. */
  record Ports(int first, int last) {
    private static final Ports ALL = new Ports(1, 65_535);

    boolean contains(int port) {
      return port >= first && port <= last;
    }

    static Ports parse(String text) {
      if (text.equals("*")) {
        return ALL;
      }
      int dash = text.indexOf('-');
      int first = ConnectAuthority.port(dash < 0 ? text : text.substring(0, dash));
      int last = dash < 0 ? first : ConnectAuthority.port(text.substring(dash + 1));
      if (first > last) {
        throw new IllegalArgumentException("the first port is above the last");
      }
      return new Ports(first, last);
    }
  }

  Ports ports();

  /**
   * Reads {@code HOST:PORTS}. The host is a name, {@code *.DOMAIN}, {@code *}, an address or a
   * range ({@code 10.0.0.0/8}, {@code [2001:db8::/32]}); the ports are {@code N}, {@code N-M} or
   * {@code *}.
   *
   * @throws IllegalArgumentException with a message for people
   */
  static ConnectRule parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException(text + ": what may be reached is HOST:PORT");
    }
    try {
      return parse(text.substring(0, colon), Ports.parse(text.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(text + ": " + e.getMessage(), e);
    }
  }

  private static ConnectRule parse(String host, Ports ports) {
    if (host.equals("*")) {
      return new Any(ports);
    }
    if (host.startsWith("*.")) {
      return new Domain("." + ConnectAuthority.host(host.substring(2)), ports);
    }
    if (host.startsWith("[") && host.endsWith("]")) {
      return new Range(AddressRange.parse(host.substring(1, host.length() - 1)), ports);
    }
    if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException("an IPv6 address needs brackets");
    }
    if (host.indexOf('/') >= 0) {
      return new Range(AddressRange.parse(host), ports);
    }
    ConnectAuthority authority = new ConnectAuthority(ConnectAuthority.host(host), 1);
    return authority.literal() == null
        ? new Name(authority.host(), ports)
        : new Range(AddressRange.parse(authority.host()), ports);
  }

  /**
   * Whether a tunnel may lead to that address, which is one of the authority's. A name that the
   * operator has written may lead into private networks, one that only a pattern covers may not,
   * and neither leads to this machine or its link: whoever owns a domain decides what its names
   * mean, and can change it between two requests. Those need an address rule, or the name {@code
   * localhost}.
   */
  default boolean permits(ConnectAuthority authority, InetAddress address) {
    if (!covers(authority)) {
      return false;
    }
    AddressScope scope = AddressScope.of(address);
    return switch (this) {
      case Name named ->
          scope != AddressScope.LOCAL
              || (named.name().equals("localhost") && address.isLoopbackAddress());
      case Domain domain -> scope == AddressScope.GLOBAL;
      case Any any -> scope == AddressScope.GLOBAL;
      case Range range -> range.range().contains(address);
    };
  }

  /** Whether it could permit one of the authority's addresses, as far as can be said without. */
  default boolean covers(ConnectAuthority authority) {
    if (!ports().contains(authority.port())) {
      return false;
    }
    InetAddress literal = authority.literal();
    return switch (this) {
      case Name named -> authority.host().equals(named.name());
      case Domain domain -> authority.host().endsWith(domain.suffix());
      case Any any -> true;
      case Range range -> literal == null || range.range().contains(literal);
    };
  }
}
