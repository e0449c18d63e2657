package dev.memux.gateway;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was found at a path, and what has been read of it. Does not change; any thread.
 *
 * @param checkedNanos when somebody began to look
 */
record CachedFile(FileLookup.Found found, List<Content> contents, long checkedNanos) {
  /** A copy of {@code contents}. */
  CachedFile {
    contents = List.copyOf(contents);
  }

  /**
   * All bytes of one form; nobody changes them.
   *
   * @param source as it was when they were read
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Content(Representation source, byte[] bytes) {
    /** Whether the other form is of the same bytes, whatever has become of its validators. */
    boolean isOf(Representation other) {
      return source.file().equals(other.file()) && source.version().equals(other.version());
    }
  }

  /** The same with another form's bytes. */
  CachedFile with(Content content) {
    List<Content> more = new ArrayList<>(contents);
    more.add(content);
    return new CachedFile(found, more, checkedNanos);
  }

  /** The bytes of that form, or null if they are not there. */
  byte @Nullable [] bytesOf(Representation form) {
    for (Content content : contents) {
      if (content.isOf(form)) {
        return content.bytes;
      }
    }
    return null;
  }

  long contentBytes() {
    return contents.stream().mapToLong(content -> content.bytes.length).sum();
  }
}
