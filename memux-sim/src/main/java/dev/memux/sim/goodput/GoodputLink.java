package dev.memux.sim.goodput;

import dev.memux.sim.LinkProfile;
import java.util.ArrayList;
import java.util.List;

/**
 * A bottleneck whose queue holds as much as its path: the product of rate and round trip.
 *
 * @param rateBitsPerSecond headers of UDP and IP included
 * @param rttNanos of an empty queue
 * @param loss probability, of packets both ways
 */
public record GoodputLink(long rateBitsPerSecond, long rttNanos, double loss) {
  /** UDP over IPv4. */
  static final int HEADER_BYTES = 28;

  /** Of an Ethernet frame. */
  static final int MTU_BYTES = 1500;

  private static final double NANOS_PER_SECOND = 1e9;

  /** The links of the table. */
  public static List<GoodputLink> all() {
    List<GoodputLink> links = new ArrayList<>();
    for (long megabits : new long[] {10, 100, 1_000}) {
      for (long rttMillis : new long[] {10, 50, 200}) {
        for (double loss : new double[] {0, 0.001, 0.01}) {
          links.add(new GoodputLink(megabits * 1_000_000, rttMillis * 1_000_000, loss));
        }
      }
    }
    return links;
  }

  /** Those that BBR is measured on: it fills links that lose packets, too, which takes time. */
  public static List<GoodputLink> upTo100Megabits() {
    return all().stream().filter(link -> link.rateBitsPerSecond <= 100_000_000).toList();
  }

  LinkProfile profile() {
    return LinkProfile.builder()
        .rateBitsPerSecond(rateBitsPerSecond)
        .headerBytes(HEADER_BYTES)
        .delayNanos(rttNanos / 2)
        .queueBytes((int) (rateBitsPerSecond / 8.0 * (rttNanos / NANOS_PER_SECOND)))
        .mtuBytes(MTU_BYTES - HEADER_BYTES)
        .loss(loss)
        .build();
  }

  /**
   * What UDP payload the path can carry: all that the link takes, or with loss what {@linkplain
   * ResponseFunction CUBIC's response} is, if that is less.
   *
   * @param datagramBytes UDP payload of a full packet
   */
  double capacityBitsPerSecond(int datagramBytes) {
    double link = lineBitsPerSecond(datagramBytes);
    if (loss == 0) {
      return link;
    }
    double rttSeconds = rttNanos / NANOS_PER_SECOND;
    double window = ResponseFunction.cubicWindow(loss, rttSeconds);
    return Math.min(link, window * datagramBytes * 8 / rttSeconds);
  }

  /** What UDP payload the link takes. */
  double lineBitsPerSecond(int datagramBytes) {
    return (double) rateBitsPerSecond * datagramBytes / (datagramBytes + HEADER_BYTES);
  }

  /** The least share of the capacity that an application's data must have. */
  public double requiredShare() {
    return loss == 0 ? 0.95 : 0.85;
  }
}
