package dev.memux.gateway;

/**
 * In which order answers arrived: each is given a number, and the numbers are kept in the order in
 * which the answers were delivered. Any thread may call it.
 */
final class DeliveryLog {
  /** How many are remembered; who asks has loaded a page, and that just now. */
  static final int MAX_REMEMBERED = 1_024;

  private final long[] delivered = new long[MAX_REMEMBERED];
  private long deliveredCount;
  private long lastNumber;

  /** The number of an answer that begins. */
  synchronized long begin() {
    return ++lastNumber;
  }

  synchronized void onDelivered(long number) {
    delivered[(int) (deliveredCount++ % MAX_REMEMBERED)] = number;
  }

  /** The numbers from {@code first} on of answers that were delivered, as a JSON array. */
  synchronized String toJson(long first) {
    StringBuilder json = new StringBuilder("[");
    for (long i = Math.max(0, deliveredCount - MAX_REMEMBERED); i < deliveredCount; i++) {
      long number = delivered[(int) (i % MAX_REMEMBERED)];
      if (number >= first) {
        json.append(json.length() == 1 ? "" : ",").append(number);
      }
    }
    return json.append(']').toString();
  }
}
