package dev.memux.engine.congestion;

/**
 * The largest of the values of some time, with three values in memory: the largest, the largest
 * after it and the largest after that, one of which takes its place when it is too old (Kathleen
 * Nichols' algorithm).
 */
final class WindowedMax {
  private final double[] values = new double[3];
  private final long[] times = new long[3];

  double value() {
    return values[0];
  }

  /**
   * @param time must not go backwards
   * @param length values older than this do not count
   */
  void update(double value, long time, long length) {
    if (value >= values[0] || time - times[2] > length) {
      set(0, value, time);
      set(1, value, time);
      set(2, value, time);
      return;
    }
    if (value >= values[1]) {
      set(1, value, time);
      set(2, value, time);
    } else if (value >= values[2]) {
      set(2, value, time);
    }
    long ageOfLargest = time - times[0];
    if (ageOfLargest > length) {
      while (time - times[0] > length) {
        set(0, values[1], times[1]);
        set(1, values[2], times[2]);
        set(2, value, time);
      }
      // What follows must not be as old as the largest, or nothing would be left when that goes.
    } else if (times[1] == times[0] && ageOfLargest > length / 4) {
      set(1, value, time);
      set(2, value, time);
    } else if (times[2] == times[1] && ageOfLargest > length / 2) {
      set(2, value, time);
    }
  }

  private void set(int i, double value, long time) {
    values[i] = value;
    times[i] = time;
  }
}
