package dev.memux.cli;

import dev.memux.cli.http09.Http09;
import dev.memux.http.Http3Service;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the QUIC interop runner asks of an endpoint, by the names that it has for it. */
enum InteropCase {
  /** One connection without a Retry. */
  HANDSHAKE,
  /** Files at once, with small windows to begin with. */
  TRANSFER,
  /** ChaCha20 is the only cipher. */
  CHACHA20,
  /** The client changes keys early on. */
  KEYUPDATE,
  /** The server has clients prove their addresses. */
  RETRY,
  /** One connection for the first file, another one that resumes for the rest. */
  RESUMPTION,
  /** As before, and what is asked for over the second is asked early. */
  ZERORTT,
  /** Files at once over HTTP/3. */
  HTTP3,
  /** A connection for each file. */
  MULTICONNECT;

  /** Null: it is none that memux can do, or that there is. */
  static @Nullable InteropCase of(String name) {
    for (InteropCase known : values()) {
      if (known.name().toLowerCase(Locale.ROOT).equals(name)) {
        return known;
      }
    }
    return null;
  }

  /** Which protocol fetches the files. */
  String applicationProtocol() {
    return this == HTTP3 ? Http3Service.ALPN : Http09.ALPN;
  }
}
