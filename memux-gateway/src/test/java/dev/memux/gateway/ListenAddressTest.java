package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ListenAddressTest {
  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:8443, 127.0.0.1, 8443, 127.0.0.1:8443",
    "[::1]:8443, ::1, 8443, [::1]:8443",
    "localhost:0, localhost, 0, localhost:0",
    ":443, ::, 443, [::]:443",
  })
  void readsHostAndPort(String text, String host, int port, String shown) {
    ListenAddress address = ListenAddress.parse(text);
    assertEquals(new ListenAddress(host, port), address);
    assertEquals(shown, address.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "8443", "localhost", "::1:8443", "a:b", "a:-1", "a:65536", "a:"})
  void refusesAnythingElse(String text) {
    assertThrows(IllegalArgumentException.class, () -> ListenAddress.parse(text));
  }
}
