package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a rule lets tunnels lead. */
final class ConnectRuleTest {
  @ParameterizedTest
  @CsvSource({
    // rule, authority, address that it resolves to, permitted
    "db.example:5432, db.example:5432, 192.0.2.1, true",
    "db.example:5432, DB.EXAMPLE.:5432, 192.0.2.1, true",
    "db.example:5432, db.example:5433, 192.0.2.1, false",
    "db.example:5432, other.example:5432, 192.0.2.1, false",
    "db.example:5432, x.db.example:5432, 192.0.2.1, false",
    "db.example:5000-5999, db.example:5999, 192.0.2.1, true",
    "db.example:5000-5999, db.example:6000, 192.0.2.1, false",
    "db.example:*, db.example:1, 192.0.2.1, true",
    // A name that the operator has written may lead into private networks, not to this machine.
    "db.example:1, db.example:1, 10.1.2.3, true",
    "db.example:1, db.example:1, 127.0.0.1, false",
    "db.example:1, db.example:1, 169.254.169.254, false",
    "db.example:1, db.example:1, ::1, false",
    "db.example:1, db.example:1, 0.0.0.0, false",
    "localhost:1, localhost:1, 127.0.0.1, true",
    "localhost:1, localhost:1, ::1, true",
    "localhost:1, localhost:1, 169.254.169.254, false",
    // What only a pattern covers must be everybody's.
    "*.example:443, a.example:443, 192.0.2.1, true",
    "*.example:443, a.b.example:443, 192.0.2.1, true",
    "*.example:443, example:443, 192.0.2.1, false",
    "*.example:443, badexample:443, 192.0.2.1, false",
    "*.example:443, a.example:443, 10.0.0.1, false",
    "*.example:443, a.example:443, 127.0.0.1, false",
    "*:443, any.where:443, 192.0.2.1, true",
    "*:443, 192.0.2.1:443, 192.0.2.1, true",
    "*:443, 10.0.0.1:443, 10.0.0.1, false",
    "*:443, any.where:443, 100.64.0.1, false",
    "*:443, any.where:443, fd00::1, false",
    "*:443, any.where:443, fe80::1, false",
    "*:443, any.where:443, ff02::1, false",
    "*:443, any.where:443, 255.255.255.255, false",
    "*:443, any.where:443, 2001:db8::1, true",
    // IPv4 addresses within IPv6 ones reach as far as those.
    "*:443, any.where:443, 64:ff9b::7f00:1, false",
    "*:443, any.where:443, 2002:7f00:1::1, false",
    "*:443, any.where:443, ::10.0.0.1, false",
    "*:443, any.where:443, 64:ff9b::c000:201, true",
    // Addresses that the operator has written are as good as any.
    "127.0.0.0/8:80, 127.0.0.1:80, 127.0.0.1, true",
    "127.0.0.1:80, 127.0.0.1:80, 127.0.0.1, true",
    "127.0.0.1:80, [::ffff:127.0.0.1]:80, 127.0.0.1, true",
    "127.0.0.1:80, 127.0.0.2:80, 127.0.0.2, false",
    "10.0.0.0/9:80, name.example:80, 10.127.255.255, true",
    "10.0.0.0/9:80, name.example:80, 10.128.0.0, false",
    "10.0.0.0/8:80, name.example:80, 192.0.2.1, false",
    "[2001:db8::/33]:80, [2001:db8:7fff::1]:80, 2001:db8:7fff::1, true",
    "[2001:db8::/33]:80, [2001:db8:8000::1]:80, 2001:db8:8000::1, false",
    "0.0.0.0/0:80, [2001:db8::1]:80, 2001:db8::1, false"
  })
  void permitsNoMoreThanIsSaid(String rule, String authority, String address, boolean permitted) {
    assertEquals(
        permitted,
        ConnectRule.parse(rule)
            .permits(ConnectAuthority.parse(authority), InetAddress.ofLiteral(address)));
  }

  /** Nothing is resolved for who may not ask in any case. */
  @ParameterizedTest
  @CsvSource({
    "db.example:1, db.example:1, true",
    "db.example:1, other.example:1, false",
    "10.0.0.0/8:1, other.example:1, true",
    "10.0.0.0/8:1, other.example:2, false",
    "10.0.0.0/8:1, 192.0.2.1:1, false"
  })
  void coversWhatItCouldPermit(String rule, String authority, boolean covered) {
    assertEquals(covered, ConnectRule.parse(rule).covers(ConnectAuthority.parse(authority)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "host",
        "host:",
        "host:0",
        "host:70000",
        "host:2-1",
        "host:1-",
        "::1:80",
        "10.0.0.0/33:80",
        "10.0.0.1/8:80",
        "10.0.0.0/x:80",
        "[2001:db8::/129]:80",
        "a*.example:80",
        "*.*.example:80",
        "user@host:80"
      })
  void refusesWhatIsNoRule(String text) {
    assertThrows(IllegalArgumentException.class, () -> ConnectRule.parse(text));
  }
}
