package dev.memux.sim.world;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Those among whom bytes are divided: while some of them always have something to send, each gets
 * its part by its weight. Judged window by window, for those who were there long enough before it
 * began to have had what they may catch up on.
 *
 * @param <K> who takes part
 */
final class Shares<K> {
  /** What is judged. */
  static final long WINDOW_BYTES = 512 << 10;

  /** For how long somebody must have been waiting at the end of a window to be judged. */
  static final long SETTLED_BYTES = 1 << 20;

  /**
   * Somebody who has more to send.
   *
   * @param who unlike all others
   */
  record Waiting<K>(K who, int weight) {}

  private static final class Part {
    final int weight;
    final long sinceBytes;
    long sentBytes;
    long sentBeforeWindow;

    Part(int weight, long sinceBytes) {
      this.weight = weight;
      this.sinceBytes = sinceBytes;
    }

    /** What it got in the window, for each unit of weight. */
    double perWeight() {
      return (double) (sentBytes - sentBeforeWindow) / weight;
    }
  }

  private final String name;
  private final double tolerance;
  private final long toleranceBytes;
  private final Map<K, Part> parts = new LinkedHashMap<>();
  private long totalBytes;
  private long windowFrom;
  private int judged;

  /**
   * @param tolerance by how much shares may differ, as a part of the larger one
   * @param toleranceBytes by how much besides, before they are divided by the lower weight
   */
  Shares(String name, double tolerance, long toleranceBytes) {
    this.name = name;
    this.tolerance = tolerance;
    this.toleranceBytes = toleranceBytes;
  }

  void onSent(K who, long bytes) {
    totalBytes += bytes;
    Part part = parts.get(who);
    if (part != null) {
      part.sentBytes += bytes;
    }
  }

  /** A batch has been sent; these could have sent more. Others begin anew when they can. */
  void onWaiting(Collection<Waiting<K>> waiting) {
    Map<K, Part> still = new LinkedHashMap<>();
    for (Waiting<K> each : waiting) {
      Part part = parts.get(each.who);
      still.put(
          each.who,
          part == null || part.weight != each.weight ? new Part(each.weight, totalBytes) : part);
    }
    parts.clear();
    parts.putAll(still);
    if (totalBytes - windowFrom >= WINDOW_BYTES) {
      judge();
      windowFrom = totalBytes;
      parts.values().forEach(part -> part.sentBeforeWindow = part.sentBytes);
    }
  }

  /** How many shares have been compared with another. */
  int judged() {
    return judged;
  }

  private void judge() {
    Map.Entry<K, Part> least = null;
    Map.Entry<K, Part> most = null;
    for (Map.Entry<K, Part> entry : parts.entrySet()) {
      if (totalBytes - entry.getValue().sinceBytes < SETTLED_BYTES) {
        continue;
      }
      double share = entry.getValue().perWeight();
      judged += least == null ? 0 : 1;
      least = least == null || share < least.getValue().perWeight() ? entry : least;
      most = most == null || share > most.getValue().perWeight() ? entry : most;
    }
    if (least != null && most != null) {
      compare(least, most);
    }
  }

  private void compare(Map.Entry<K, Part> least, Map.Entry<K, Part> most) {
    int lowerWeight = Math.min(least.getValue().weight, most.getValue().weight);
    double allowed =
        tolerance * most.getValue().perWeight() + (double) toleranceBytes / lowerWeight;
    if (most.getValue().perWeight() - least.getValue().perWeight() > allowed) {
      throw new Violation(
          Shares.class,
          "%s: of %d bytes %s got %.0f for its weight, %s got %.0f"
              .formatted(
                  name,
                  totalBytes - windowFrom,
                  most.getKey(),
                  most.getValue().perWeight(),
                  least.getKey(),
                  least.getValue().perWeight()));
    }
  }
}
