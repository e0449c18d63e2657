package dev.memux.http;

import dev.memux.engine.schedule.Priority;
import java.util.Map;

/** How people write the priority of a tunnel. */
public final class TunnelPriority {
  private TunnelPriority() {}

  /**
   * Parses what the field of RFC 9218 has, {@code u=1} for example. Tunnels are incremental, so
   * that they share with their equals, unless it says {@code i=?0}.
   *
   * @throws IllegalArgumentException with a message for people
   */
  public static Priority parse(String text) {
    Map<String, Object> members = StructuredDictionary.parse(text);
    if (members != null
        && members.getOrDefault("u", 3L) instanceof Long urgency
        && urgency >= 0
        && urgency <= Priority.LOWEST_URGENCY) {
      return new Priority(urgency.intValue(), !Boolean.FALSE.equals(members.get("i")));
    }
    throw new IllegalArgumentException(
        "'" + text + "' is no priority: they are u=0 (most urgent) to u=7");
  }
}
