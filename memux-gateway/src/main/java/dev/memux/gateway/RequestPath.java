package dev.memux.gateway;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The path of a request, decoded and split. What exists here cannot leave the folder that it is
 * looked up in: no empty segment, no dot segment, and in no segment a separator of any system, a
 * colon or a control character.
 *
 * @param segments the names between the slashes
 * @param folder whether the path ends with a slash
 */
record RequestPath(List<String> segments, boolean folder) {
  /** The same for all spellings of one path: no segment holds a slash. */
  String name() {
    String inner = String.join("/", segments);
    return folder ? inner + "/" : inner;
  }

  /** Takes a path and query apart; null if the path is malformed or names nothing safe. */
  static @Nullable RequestPath parse(String pathAndQuery) {
    int end = pathAndQuery.indexOf('?');
    String path = end < 0 ? pathAndQuery : pathAndQuery.substring(0, end);
    if (!path.startsWith("/")) {
      return null;
    }
    boolean folder = path.endsWith("/");
    List<String> segments = new ArrayList<>();
    if (path.length() > 1) {
      String inner = path.substring(1, folder ? path.length() - 1 : path.length());
      for (String raw : inner.split("/", -1)) {
        String segment = decoded(raw);
        if (segment == null || !isSafe(segment)) {
          return null;
        }
        segments.add(segment);
      }
    }
    return new RequestPath(List.copyOf(segments), folder);
  }

  /** RFC 3986 §2.1; null if an escape is broken or what results is not UTF-8. */
  private static @Nullable String decoded(String raw) {
    ByteBuffer bytes = ByteBuffer.allocate(raw.length() * 4);
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '%') {
        int high = i + 2 < raw.length() ? Character.digit(raw.charAt(i + 1), 16) : -1;
        int low = i + 2 < raw.length() ? Character.digit(raw.charAt(i + 2), 16) : -1;
        if (high < 0 || low < 0) {
          return null;
        }
        bytes.put((byte) ((high << 4) | low));
        i += 2;
      } else if (c < 0x80) {
        bytes.put((byte) c);
      } else {
        return null; // RFC 3986 §2: a path is ASCII
      }
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  // Checked after decoding, so that %2e%2e and %2f are no way round it. A colon would name a drive
  // or another stream of the file on Windows.
  private static boolean isSafe(String segment) {
    if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
      return false;
    }
    return segment.chars().noneMatch(c -> c < 0x20 || c == 0x7f || "/\\:".indexOf(c) >= 0);
  }
}
