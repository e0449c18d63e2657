package dev.memux.gateway;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The name of one version of one representation (RFC 9110 §8.8.3).
 *
 * @param opaque what stands between the quotes
 * @param weak whether two contents may share the tag
 */
record EntityTag(String opaque, boolean weak) {
  /** The tag that a text is, or null if it is none. */
  static @Nullable EntityTag parse(String text) {
    Reader reader = new Reader(text.strip());
    EntityTag tag = reader.next();
    return tag != null && reader.atEnd() ? tag : null;
  }

  /** The tags of a list; what follows something that is no tag is left out. */
  static List<EntityTag> parseList(String text) {
    List<EntityTag> tags = new ArrayList<>();
    Reader reader = new Reader(text);
    reader.skipSeparators();
    for (EntityTag tag = reader.next(); tag != null; tag = reader.next()) {
      tags.add(tag);
      if (!reader.skipSeparators()) {
        break;
      }
    }
    return tags;
  }

  /** RFC 9110 §8.8.3.2: both strong and alike, so that the contents are the same byte for byte. */
  boolean matchesStrongly(EntityTag other) {
    return !weak && !other.weak && opaque.equals(other.opaque);
  }

  /** RFC 9110 §8.8.3.2: alike, strong or not. */
  boolean matchesWeakly(EntityTag other) {
    return opaque.equals(other.opaque);
  }

  @Override
  public String toString() {
    return (weak ? "W/\"" : "\"") + opaque + '"';
  }

  /** Reads tags one by one; a tag may hold a comma, so that a list cannot be split at them. */
  private static final class Reader {
    private final String text;
    private int at;

    Reader(String text) {
      this.text = text;
    }

    @Nullable EntityTag next() {
      boolean weak = text.startsWith("W/", at);
      int open = weak ? at + 2 : at;
      if (open >= text.length() || text.charAt(open) != '"') {
        return null;
      }
      int close = text.indexOf('"', open + 1);
      if (close < 0 || !isOpaque(open + 1, close)) {
        return null;
      }
      at = close + 1;
      return new EntityTag(text.substring(open + 1, close), weak);
    }

    /** Whether there was a separator, or the end. */
    boolean skipSeparators() {
      boolean comma = false;
      while (!atEnd() && ", \t".indexOf(text.charAt(at)) >= 0) {
        comma |= text.charAt(at++) == ',';
      }
      return comma || atEnd();
    }

    boolean atEnd() {
      return at == text.length();
    }

    // RFC 9110 §8.8.3: no space, no control character.
    private boolean isOpaque(int from, int to) {
      return text.substring(from, to).chars().noneMatch(c -> c <= ' ' || c == 0x7f);
    }
  }
}
