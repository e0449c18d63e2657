package dev.memux.http;

import io.netty.handler.codec.quic.QuicStreamPriority;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The value of the priority field and of PRIORITY_UPDATE frames (RFC 9218 §4). */
public final class PriorityField {
  /** What holds where nothing is said: urgency 3, not incremental (RFC 9218 §4.1, §4.2). */
  public static final QuicStreamPriority DEFAULT = new QuicStreamPriority(3, false);

  /** The field's name. */
  public static final String NAME = "priority";

  private static final int LOWEST_URGENCY = 7;

  private PriorityField() {}

  /**
   * The priority that a value of a request means, or null if it is not a structured dictionary.
   * Unknown parameters, values out of range and values of another type are ignored (RFC 9218 §4),
   * which leaves the default of each.
   */
  public static @Nullable QuicStreamPriority parse(CharSequence value) {
    return parse(value, DEFAULT);
  }

  /**
   * The same where what is left out changes nothing, as in a response (RFC 9218 §8).
   *
   * @param before what holds for parameters that the value does not set
   */
  public static @Nullable QuicStreamPriority parse(CharSequence value, QuicStreamPriority before) {
    Map<String, Object> members = StructuredDictionary.parse(value);
    if (members == null) {
      return null;
    }
    int urgency = before.urgency();
    if (members.get("u") instanceof Long u && u >= 0 && u <= LOWEST_URGENCY) {
      urgency = u.intValue();
    }
    boolean incremental = before.isIncremental();
    if (members.get("i") instanceof Boolean i) {
      incremental = i;
    }
    return new QuicStreamPriority(urgency, incremental);
  }

  /** The shortest value that means this priority. */
  public static String format(QuicStreamPriority priority) {
    String urgency =
        priority.urgency() == DEFAULT.urgency() ? "" : "u=" + Math.min(priority.urgency(), 7);
    if (!priority.isIncremental()) {
      return urgency;
    }
    return urgency.isEmpty() ? "i" : urgency + ", i";
  }
}
