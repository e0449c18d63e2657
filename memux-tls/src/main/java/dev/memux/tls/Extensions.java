package dev.memux.tls;

import dev.memux.tls.ExtensionType.Place;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A block of extensions as received (RFC 8446 §4.2). */
final class Extensions {
  /** Far above what clients send (about 20, GREASE included); bounds the work per message. */
  static final int MAX_COUNT = 64;

  private final Map<ExtensionType, HandshakeReader> known = new EnumMap<>(ExtensionType.class);
  private boolean hasUnknown;
  private int lastCode = -1;

  private Extensions() {}

  /** Reads the block; only duplicates are judged yet. */
  static Extensions read(HandshakeReader block) throws TlsAlertException {
    Extensions extensions = new Extensions();
    Set<Integer> codes = new HashSet<>();
    while (block.hasMore()) {
      int code = block.u16();
      HandshakeReader value = block.vector16(0);
      if (!codes.add(code)) {
        // RFC 8446 §4.2: of two, sender and receiver might heed different ones.
        throw new TlsAlertException(
            AlertDescription.ILLEGAL_PARAMETER, "extension " + code + " occurs twice");
      }
      if (codes.size() > MAX_COUNT) {
        throw new TlsAlertException(AlertDescription.ILLEGAL_PARAMETER, "too many extensions");
      }
      extensions.add(code, value);
    }
    return extensions;
  }

  /**
   * Judges whether each may stand in {@code place}.
   *
   * @param offered what we sent, of which {@code place} may hold answers
   */
  void requireLegal(Place place, Set<ExtensionType> offered) throws TlsAlertException {
    for (ExtensionType type : known.keySet()) {
      if (!type.standsIn(place)) {
        throw new TlsAlertException(
            AlertDescription.ILLEGAL_PARAMETER, type + " does not belong in " + place);
      }
      // RFC 8446 §4.2: a cookie is the one answer that needs no question.
      if (place.holdsAnswers() && !offered.contains(type) && type != ExtensionType.COOKIE) {
        throw new TlsAlertException(
            AlertDescription.UNSUPPORTED_EXTENSION, type + " in " + place + " was not asked for");
      }
    }
    if (hasUnknown && place.holdsAnswers()) {
      throw new TlsAlertException(
          AlertDescription.UNSUPPORTED_EXTENSION, "unknown extension in " + place);
    }
  }

  boolean has(ExtensionType type) {
    return known.containsKey(type);
  }

  /** Reads the value once. */
  @Nullable HandshakeReader value(ExtensionType type) {
    return known.get(type);
  }

  /** Reads the value once; without the extension, missing_extension. */
  HandshakeReader required(ExtensionType type) throws TlsAlertException {
    HandshakeReader value = known.get(type);
    if (value == null) {
      throw new TlsAlertException(AlertDescription.MISSING_EXTENSION, "no " + type);
    }
    return value;
  }

  /** Reads a list of 16-bit numbers, not empty; none without the extension. */
  int[] numbers(ExtensionType type) throws TlsAlertException {
    HandshakeReader value = known.get(type);
    if (value == null) {
      return new int[0];
    }
    int[] numbers = value.vector16(2).u16List();
    value.finish();
    return numbers;
  }

  boolean endsWith(ExtensionType type) {
    return lastCode == type.code();
  }

  private void add(int code, HandshakeReader value) {
    lastCode = code;
    ExtensionType type = ExtensionType.of(code);
    if (type == null) {
      hasUnknown = true;
    } else {
      known.put(type, value);
    }
  }
}
