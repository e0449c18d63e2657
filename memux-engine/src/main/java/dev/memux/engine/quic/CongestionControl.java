package dev.memux.engine.quic;

import dev.memux.engine.congestion.Bbr;
import dev.memux.engine.congestion.CongestionController;
import dev.memux.engine.congestion.Cubic;
import dev.memux.engine.congestion.NewReno;
import java.util.random.RandomGenerator;

/** How a sender finds out how much the path takes. */
public enum CongestionControl {
  /** RFC 9002 §7, with HyStart++ (RFC 9406). */
  NEW_RENO,

  /** RFC 9438, with HyStart++: faster where bandwidth times delay is large, NewReno elsewhere. */
  CUBIC,

  /**
   * Version 3 (draft-ietf-ccwg-bbr): follows the rate at which the path delivers, and keeps its
   * queue short; random loss costs little.
   */
  BBR;

  /**
   * @param random for what must not happen in step with other flows
   */
  CongestionController newController(int maxDatagramBytes, RandomGenerator random) {
    return switch (this) {
      case NEW_RENO -> new NewReno(maxDatagramBytes);
      case CUBIC -> new Cubic(maxDatagramBytes);
      case BBR -> new Bbr(maxDatagramBytes, random);
    };
  }
}
