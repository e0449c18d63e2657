package dev.memux.tls;

import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The extensions of RFC 8446 §4.2 and RFC 9001 §8.2 and the messages each may stand in; the only
 * place that says so. All but a few are listed only to be recognised where they must not be.
 */
enum ExtensionType {
  SERVER_NAME(0, Place.CLIENT_HELLO, Place.ENCRYPTED_EXTENSIONS),
  MAX_FRAGMENT_LENGTH(1, Place.CLIENT_HELLO, Place.ENCRYPTED_EXTENSIONS),
  STATUS_REQUEST(5, Place.CLIENT_HELLO, Place.CERTIFICATE_REQUEST, Place.CERTIFICATE),
  SUPPORTED_GROUPS(10, Place.CLIENT_HELLO, Place.ENCRYPTED_EXTENSIONS),
  SIGNATURE_ALGORITHMS(13, Place.CLIENT_HELLO, Place.CERTIFICATE_REQUEST),
  USE_SRTP(14, Place.CLIENT_HELLO, Place.ENCRYPTED_EXTENSIONS),
  HEARTBEAT(15, Place.CLIENT_HELLO, Place.ENCRYPTED_EXTENSIONS),
  APPLICATION_LAYER_PROTOCOL_NEGOTIATION(16, Place.CLIENT_HELLO, Place.ENCRYPTED_EXTENSIONS),
  SIGNED_CERTIFICATE_TIMESTAMP(
      18, Place.CLIENT_HELLO, Place.CERTIFICATE_REQUEST, Place.CERTIFICATE),
  CLIENT_CERTIFICATE_TYPE(19, Place.CLIENT_HELLO, Place.ENCRYPTED_EXTENSIONS),
  SERVER_CERTIFICATE_TYPE(20, Place.CLIENT_HELLO, Place.ENCRYPTED_EXTENSIONS),
  PADDING(21, Place.CLIENT_HELLO),
  PRE_SHARED_KEY(41, Place.CLIENT_HELLO, Place.SERVER_HELLO),
  EARLY_DATA(42, Place.CLIENT_HELLO, Place.ENCRYPTED_EXTENSIONS, Place.NEW_SESSION_TICKET),
  SUPPORTED_VERSIONS(43, Place.CLIENT_HELLO, Place.SERVER_HELLO, Place.HELLO_RETRY_REQUEST),
  COOKIE(44, Place.CLIENT_HELLO, Place.HELLO_RETRY_REQUEST),
  PSK_KEY_EXCHANGE_MODES(45, Place.CLIENT_HELLO),
  CERTIFICATE_AUTHORITIES(47, Place.CLIENT_HELLO, Place.CERTIFICATE_REQUEST),
  OID_FILTERS(48, Place.CERTIFICATE_REQUEST),
  POST_HANDSHAKE_AUTH(49, Place.CLIENT_HELLO),
  SIGNATURE_ALGORITHMS_CERT(50, Place.CLIENT_HELLO, Place.CERTIFICATE_REQUEST),
  KEY_SHARE(51, Place.CLIENT_HELLO, Place.SERVER_HELLO, Place.HELLO_RETRY_REQUEST),
  QUIC_TRANSPORT_PARAMETERS(57, Place.CLIENT_HELLO, Place.ENCRYPTED_EXTENSIONS);

  /** Where a block of extensions stands. */
  enum Place {
    CLIENT_HELLO,
    SERVER_HELLO,
    HELLO_RETRY_REQUEST,
    ENCRYPTED_EXTENSIONS,
    CERTIFICATE_REQUEST,
    CERTIFICATE,
    NEW_SESSION_TICKET;

    /**
     * Whether extensions there answer ours, so that those we did not send are faults. The others
     * are requests, in which the unknown is ignored (RFC 8446 §4.2, §4.3.2, §4.6.1).
     */
    boolean holdsAnswers() {
      return switch (this) {
        case SERVER_HELLO, HELLO_RETRY_REQUEST, ENCRYPTED_EXTENSIONS, CERTIFICATE -> true;
        case CLIENT_HELLO, CERTIFICATE_REQUEST, NEW_SESSION_TICKET -> false;
      };
    }
  }

  private final int code;

  @SuppressWarnings("ImmutableEnumChecker") // Set.copyOf cannot be changed
  private final Set<Place> places;

  ExtensionType(int code, Place first, Place... others) {
    this.code = code;
    this.places = Set.copyOf(EnumSet.of(first, others));
  }

  int code() {
    return code;
  }

  boolean standsIn(Place place) {
    return places.contains(place);
  }

  static @Nullable ExtensionType of(int code) {
    for (ExtensionType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    return null;
  }
}
