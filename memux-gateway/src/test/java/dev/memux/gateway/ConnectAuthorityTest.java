package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9110 §7.1, §9.3.6: what a CONNECT may ask for. */
final class ConnectAuthorityTest {
  @ParameterizedTest
  @CsvSource({
    "db.example:5432, db.example, 5432",
    "DB.Example.:5432, db.example, 5432",
    "pg, pg, -1",
    "a_b-c.d:1, a_b-c.d, 1",
    "192.0.2.1:65535, 192.0.2.1, 65535",
    "[2001:DB8::1]:443, 2001:db8::1, 443",
    "[::ffff:127.0.0.1]:80, 127.0.0.1, 80",
    "[::1], ::1, -1"
  })
  void readsHostsAndPortsInOneForm(String text, String host, int port) {
    assertEquals(new ConnectAuthority(host, port), ConnectAuthority.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":80",
        "host:",
        "host:0",
        "host:65536",
        "host:99999999999",
        "host:+80",
        "host:-1",
        "host: 80",
        "host:8o",
        "host:80:80",
        "user@host:80",
        "user:pass@host:80",
        "host\r\n:80",
        "host:80\r\nx: y",
        "ho st:80",
        "host/path:80",
        "host?x:80",
        "host#x:80",
        "host\\x:80",
        "::1:80",
        "[::1:80",
        "[::1]80",
        "[]:80",
        "[",
        "[fe80::1%eth0]:80",
        "[127.0.0.1]:80",
        ".:80",
        "a..b:80",
        "127.1:80",
        "0x7f.1:80",
        "0x7f000001:80",
        "2130706433:80",
        "127.0.0.256:80",
        "h\u00f6st:80"
      })
  void refusesWhatIsNoAuthorityOrCouldMeanAnother(String text) {
    assertThrows(IllegalArgumentException.class, () -> ConnectAuthority.parse(text));
  }

  @Test
  void refusesNamesLongerThanThereAre() {
    String name = "a".repeat(ConnectAuthority.MAX_NAME_LENGTH);
    assertEquals(name, ConnectAuthority.parse(name + ":1").host());
    assertThrows(IllegalArgumentException.class, () -> ConnectAuthority.parse(name + "a:1"));
  }

  @Test
  void tellsAddressesFromNames() {
    assertNotNull(ConnectAuthority.parse("[::1]:1").literal());
    assertNotNull(ConnectAuthority.parse("192.0.2.1:1").literal());
    assertNull(ConnectAuthority.parse("localhost:1").literal());
  }
}
