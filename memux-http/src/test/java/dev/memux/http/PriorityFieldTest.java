package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.netty.handler.codec.quic.QuicStreamPriority;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 9218 §4. */
final class PriorityFieldTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "u=0         | 0 | false",
        "u=7, i      | 7 | true",
        "i           | 3 | true",
        "i=?0        | 3 | false",
        "u=5,i=?1    | 5 | true",
        "''          | 3 | false",
        // Out of range, of another type, unknown: ignored.
        "u=8         | 3 | false",
        "u=-1        | 3 | false",
        "u=1.5, i    | 3 | true",
        "u=?1        | 3 | false",
        "i=1         | 3 | false",
        "u=2, x=\"y\"| 2 | false",
        "u=2;a=1, i;b| 2 | true",
      })
  void readsWhatAValueMeans(String value, int urgency, boolean incremental) {
    assertEquals(new QuicStreamPriority(urgency, incremental), PriorityField.parse(value));
  }

  @Test
  void tellsAValueThatDoesNotParse() {
    assertNull(PriorityField.parse("u=1 i"));
    assertNull(PriorityField.parse("u="));
  }

  @ParameterizedTest
  @CsvSource({"3,false,''", "0,false,u=0", "3,true,i", "7,true,'u=7, i'"})
  void writesTheShortestValue(int urgency, boolean incremental, String value) {
    QuicStreamPriority priority = new QuicStreamPriority(urgency, incremental);
    assertEquals(value, PriorityField.format(priority));
    assertEquals(priority, PriorityField.parse(value));
  }
}
