package dev.memux.engine.quic;

import dev.memux.engine.congestion.CongestionController;
import dev.memux.engine.congestion.Cubic;
import dev.memux.engine.congestion.NewReno;

/** How a sender finds out how much the path takes. */
public enum CongestionControl {
  /** RFC 9002 §7, with HyStart++ (RFC 9406). */
  NEW_RENO,

  /** RFC 9438, with HyStart++: faster where bandwidth times delay is large, NewReno elsewhere. */
  CUBIC;

  CongestionController newController(int maxDatagramBytes) {
    return switch (this) {
      case NEW_RENO -> new NewReno(maxDatagramBytes);
      case CUBIC -> new Cubic(maxDatagramBytes);
    };
  }
}
