package dev.memux.gateway;

import dev.memux.http.Origin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where clients may have tunnels to (CONNECT, RFC 9110 §9.3.6): nowhere until it is said. Made by a
 * {@link Builder}.
 */
public final class ConnectConfig {
  /** Tunnels at a time, those included that wait for a backend; each is a file descriptor. */
  public static final int DEFAULT_MAX_TUNNELS = 20_000;

  /** Tunnels that may wait for a place at one backend. */
  public static final int DEFAULT_MAX_WAITING = 10_000;

  /** How long a tunnel waits for a place at its backend. */
  public static final Duration DEFAULT_QUEUE_TIMEOUT = Duration.ofSeconds(60);

  /** How long resolving and connecting may take. */
  public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /** How long a tunnel may be without a byte in either direction. */
  public static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofHours(1);

  /** Streams that one client may have open, so that as many tunnels fit into one connection. */
  static final int MAX_STREAMS_OF_CLIENT = 4_096;

  private final List<ConnectRule> rules;
  private final Map<String, Origin> targets;
  private final Map<String, Integer> limits;
  private final int maxTunnels;
  private final int maxWaiting;
  private final Duration queueTimeout;
  private final Duration connectTimeout;
  private final Duration idleTimeout;

  private ConnectConfig(Builder builder) {
    rules = List.copyOf(builder.rules);
    targets = Map.copyOf(builder.targets);
    limits = Map.copyOf(builder.limits);
    maxTunnels = builder.maxTunnels;
    maxWaiting = builder.maxWaiting;
    queueTimeout = builder.queueTimeout;
    connectTimeout = builder.connectTimeout;
    idleTimeout = builder.idleTimeout;
  }

  /** A configuration that allows nothing yet. */
  public static Builder builder() {
    return new Builder();
  }

  List<ConnectRule> rules() {
    return rules;
  }

  /** By name; what they lead to is not checked against the rules. */
  Map<String, Origin> targets() {
    return targets;
  }

  /** Connections at a time, by the name of a target, or by host and port. */
  Map<String, Integer> limits() {
    return limits;
  }

  int maxTunnels() {
    return maxTunnels;
  }

  int maxWaiting() {
    return maxWaiting;
  }

  Duration queueTimeout() {
    return queueTimeout;
  }

  Duration connectTimeout() {
    return connectTimeout;
  }

  Duration idleTimeout() {
    return idleTimeout;
  }

  /** Collects; what it is told wrongly throws {@link IllegalArgumentException} for people. */
  public static final class Builder {
    private final List<ConnectRule> rules = new ArrayList<>();
    private final Map<String, Origin> targets = new LinkedHashMap<>();
    private final Map<String, Integer> limits = new LinkedHashMap<>();
    private int maxTunnels = DEFAULT_MAX_TUNNELS;
    private int maxWaiting = DEFAULT_MAX_WAITING;
    private Duration queueTimeout = DEFAULT_QUEUE_TIMEOUT;
    private Duration connectTimeout = DEFAULT_CONNECT_TIMEOUT;
    private Duration idleTimeout = DEFAULT_IDLE_TIMEOUT;

    private Builder() {}

    /**
     * Allows {@code HOST:PORTS}. The host is a name, {@code *.DOMAIN}, {@code *}, an address or a
     * range as {@code 10.0.0.0/8} or {@code [2001:db8::/32]}; the ports are {@code N}, {@code N-M}
     * or {@code *}. Only an address rule, or the name {@code localhost}, allows this machine and
     * its link, and patterns of names do not reach into private networks.
     */
    public Builder allow(String rule) {
      rules.add(ConnectRule.parse(rule));
      return this;
    }

    /**
     * Gives a backend a name: {@code NAME=HOST:PORT}. Clients may say any port with it, or none.
     */
    public Builder target(String text) {
      int equals = text.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException(text + ": a target is NAME=HOST:PORT");
      }
      ConnectAuthority name = authority(text, text.substring(0, equals));
      ConnectAuthority backend = authority(text, text.substring(equals + 1));
      if (name.port() != ConnectAuthority.NO_PORT || name.literal() != null) {
        throw new IllegalArgumentException(text + ": the name of a target is a word");
      }
      if (backend.port() == ConnectAuthority.NO_PORT) {
        throw new IllegalArgumentException(text + ": a target is NAME=HOST:PORT");
      }
      if (targets.put(name.host(), backend.origin()) != null) {
        throw new IllegalArgumentException(text + ": that name has a target already");
      }
      return this;
    }

    /** Bounds the connections to a backend: {@code NAME=N}, or {@code HOST:PORT=N}. */
    public Builder limit(String text) {
      int equals = text.lastIndexOf('=');
      ConnectAuthority target = authority(text, text.substring(0, Math.max(0, equals)));
      int connections;
      try {
        connections = Integer.parseInt(text.substring(equals + 1));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(text + ": a limit is TARGET=NUMBER", e);
      }
      if (connections < 1) {
        throw new IllegalArgumentException(text + ": a limit is at least 1");
      }
      limits.put(target.toString(), connections);
      return this;
    }

    /** How many tunnels there may be at a time, and how many of them may wait for one backend. */
    public Builder bounds(int tunnels, int waiting) {
      if (tunnels < 1) {
        throw new IllegalArgumentException("there must be room for a tunnel");
      }
      if (waiting < 0) {
        throw new IllegalArgumentException("fewer than none cannot wait");
      }
      maxTunnels = tunnels;
      maxWaiting = waiting;
      return this;
    }

    /** How long a tunnel waits for a place at its backend, beyond which it is refused. */
    public Builder queueTimeout(Duration value) {
      queueTimeout = positive(value);
      return this;
    }

    /** How long resolving and connecting may take together. */
    public Builder connectTimeout(Duration value) {
      connectTimeout = positive(value);
      return this;
    }

    /** How long a tunnel may be without a byte in either direction. */
    public Builder idleTimeout(Duration value) {
      idleTimeout = positive(value);
      return this;
    }

    /**
     * What was collected.
     *
     * @throws IllegalArgumentException if a limit is for nothing that can be reached
     */
    public ConnectConfig build() {
      for (String limited : limits.keySet()) {
        ConnectAuthority target = ConnectAuthority.parse(limited);
        boolean known =
            target.port() == ConnectAuthority.NO_PORT
                ? targets.containsKey(target.host())
                : rules.stream().anyMatch(rule -> rule.covers(target));
        if (!known) {
          throw new IllegalArgumentException(limited + ": a limit for what cannot be reached");
        }
      }
      return new ConnectConfig(this);
    }

    private static ConnectAuthority authority(String whole, String part) {
      try {
        return ConnectAuthority.parse(part);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(whole + ": " + e.getMessage(), e);
      }
    }

    private static Duration positive(Duration value) {
      if (!value.isPositive()) {
        throw new IllegalArgumentException("a timeout must be positive");
      }
      return value;
    }
  }
}
